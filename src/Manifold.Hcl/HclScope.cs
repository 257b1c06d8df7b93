using System.Collections.Immutable;

namespace Manifold.Hcl;

/// <summary>The meaning of the names in an expression: variables and functions.</summary>
/// <remarks>
/// A variable is looked up in <see cref="Locals"/>, then with <see cref="Variable"/>. A function is looked up with
/// <see cref="Function"/>, then in <see cref="Functions"/>, then among the standard functions. By default, there are only the last.
/// </remarks>
public sealed record HclScope
{
    /// <summary>Returns a variable's value, or null if there is none of that name. Called each time that an expression uses it.</summary>
    /// <remarks>It may evaluate another expression, and throw an <see cref="HclException"/> if that leads back here.</remarks>
    public Func<string, HclSpan, HclValue?> Variable { get; init; } = (_, _) => null;

    /// <summary>Returns a function that is written in HCL, or null if there is none of that name.</summary>
    public Func<string, HclSpan, HclUserFunction?> Function { get; init; } = (_, _) => null;

    /// <summary>Functions that are written in C#. They replace standard functions of the same name.</summary>
    public ImmutableDictionary<string, HclFunction> Functions { get; init; } = ImmutableDictionary<string, HclFunction>.Empty;

    /// <summary>Lists the names that <see cref="Variable"/> knows, for <see cref="HclException.Unknown"/>.</summary>
    public Func<IEnumerable<string>> Known { get; init; } = () => [];

    /// <summary>Variables that hide all others, such as the names of a for expression or the parameters of a function.</summary>
    public ImmutableDictionary<string, HclValue> Locals { get; init; } = ImmutableDictionary<string, HclValue>.Empty;

    /// <summary>Returns the same scope with one more local variable.</summary>
    public HclScope With(string name, HclValue value) => this with { Locals = Locals.SetItem(name, value) };
}

/// <summary>A function that is written in HCL.</summary>
/// <param name="Rest">The parameter that takes all further arguments as a list; null if there is none.</param>
public sealed record HclUserFunction(string Name, ImmutableArray<string> Parameters, string? Rest, HclExpression Result);

/// <summary>A function that is written in C#.</summary>
/// <param name="Least">The smallest number of arguments.</param>
/// <param name="Most">The largest number of arguments.</param>
/// <param name="Apply">Computes the result. It throws an <see cref="HclArgumentException"/> if an argument does not fit.</param>
public sealed record HclFunction(int Least, int Most, Func<HclArguments, HclValue> Apply);

/// <summary>An argument does not fit its function.</summary>
/// <param name="argument">The argument's index, from 0; null if the call as a whole is wrong.</param>
public sealed class HclArgumentException(string message, int? argument = null) : Exception(message)
{
    /// <summary>The argument's index, from 0; null if the call as a whole is wrong.</summary>
    public int? Argument => argument;
}
