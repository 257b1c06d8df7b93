using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>
/// The variables at one point of a stage: its environment and its declared arguments. Immutable, so an instruction sees one snapshot.
/// </summary>
/// <remarks>Source: Dockerfile reference, "ARG": ENV wins over ARG of the same name.</remarks>
internal sealed record Scope
{
    /// <summary><c>NAME=value</c> in the order in which the names first came.</summary>
    public required ImmutableArray<string> Environment { get; init; }

    /// <summary>Arguments declared in this stage and those below it, in order; a declared one without a value is null.</summary>
    public ImmutableArray<KeyValuePair<string, string?>> Arguments { get; init; } = [];

    /// <summary>The place where each name got its value. Names from the base image are not included.</summary>
    public ImmutableDictionary<string, Place> Places { get; init; } = ImmutableDictionary<string, Place>.Empty;

    public string? Find(string name) => FindEnvironment(name) ?? FindArgument(name);

    public Scope At(string name, Place place) => this with { Places = Places.SetItem(name, place) };

    public Scope WithEnvironment(string name, string value)
    {
        var index = IndexOf(name);
        var entry = $"{name}={value}";
        return this with { Environment = index < 0 ? Environment.Add(entry) : Environment.SetItem(index, entry) };
    }

    public Scope WithArgument(string name, string? value)
    {
        var others = Arguments.RemoveAll(argument => argument.Key == name);
        return this with { Arguments = others.Add(new(name, value)) };
    }

    /// <summary>The arguments that a RUN sees as variables: those with a value that no ENV hides.</summary>
    public IEnumerable<KeyValuePair<string, string?>> VisibleArguments =>
        Arguments.Where(argument => argument.Value is not null && FindEnvironment(argument.Key) is null);

    /// <summary>The value of a declared argument, whatever ENV says.</summary>
    public string? FindArgument(string name) => Arguments.LastOrDefault(argument => argument.Key == name).Value;

    private string? FindEnvironment(string name) => IndexOf(name) is var index and >= 0 ? Environment[index][(name.Length + 1)..] : null;

    private int IndexOf(string name)
    {
        for (var i = 0; i < Environment.Length; i++)
            if (Environment[i].Length > name.Length
                && Environment[i][name.Length] == '='
                && Environment[i].StartsWith(name, StringComparison.Ordinal))
                return i;
        return -1;
    }
}
