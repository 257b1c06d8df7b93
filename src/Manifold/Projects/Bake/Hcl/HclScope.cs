using System.Collections.Immutable;

namespace Manifold.Projects.Bake.Hcl;

/// <summary>What names mean where an expression stands.</summary>
internal sealed record HclScope
{
    /// <summary>A variable of the file; null where there is none. May evaluate it first.</summary>
    public required Func<string, HclSpan, HclValue?> Variable { get; init; }

    /// <summary>A function that the file defines; null where there is none.</summary>
    public required Func<string, HclSpan, HclUserFunction?> Function { get; init; }

    /// <summary>All names, for hints.</summary>
    public required Func<IEnumerable<string>> Known { get; init; }

    /// <summary>Names of for expressions, parameters and matrices; they hide the file's.</summary>
    public ImmutableDictionary<string, HclValue> Locals { get; init; } = ImmutableDictionary<string, HclValue>.Empty;

    public HclScope With(string name, HclValue value) => this with { Locals = Locals.SetItem(name, value) };
}

/// <summary>A function that a file defines.</summary>
/// <param name="Rest">The parameter that takes all further arguments as a list; null where there is none.</param>
internal sealed record HclUserFunction(string Name, ImmutableArray<string> Parameters, string? Rest, HclExpression Result);
