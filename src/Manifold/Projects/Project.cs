using System.Collections.Immutable;

namespace Manifold.Projects;

/// <summary>Everything that a team ships, read from one file or folder and resolved: the environment, defaults and inheritance are worked in.</summary>
/// <remarks>
/// Every reader makes this, and nothing after it knows which file it came from:
/// <code>
/// manifold.yaml ─┐
/// side-images   ─┤
/// bake JSON, HCL ┼─► Project ─► ProjectGraph ─► Bakery
/// compose.yaml  ─┘
/// </code>
/// </remarks>
public sealed record Project
{
    /// <summary>The file or folder as the user named it, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The folder that relative paths start from; absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>In the order of the file, names without repetition.</summary>
    public required ImmutableArray<Component> Components { get; init; }

    /// <summary>Names that stand for several components. Members are components, each once.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Groups { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>What is baked where nothing is named; all components where it is empty.</summary>
    public ImmutableArray<string> Default { get; init; } = [];

    /// <summary>What is restarted once everything is published; null where nothing is.</summary>
    public Rollout? Rollout { get; init; }

    /// <summary>Published without being asked to: system 3's <c>PUSH</c>.</summary>
    public bool Push { get; init; }

    /// <summary>How much is built at once where the command line does not say; null leaves it to the machine. System 3's <c>PARALLEL=no</c> is 1.</summary>
    public int? Jobs { get; init; }

    /// <summary>Things worth knowing about the file that stop nothing, each a sentence.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public Component? Find(string name) => Components.FirstOrDefault(component => component.Name == name);

    /// <summary>The components that names of components and groups stand for, in the order of the file; the default where there are none.</summary>
    /// <exception cref="UsageException">A name is neither.</exception>
    public ImmutableArray<Component> Select(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
            return Default.IsEmpty ? Components : [.. Components.Where(component => Default.Contains(component.Name))];
        var chosen = names.SelectMany(name => Find(name) is not null ? [name] : Groups.TryGetValue(name, out var members) ? members
            : throw new UsageException($"{File} has no image '{name}'.{Hint(name)} It has: {string.Join(", ", Components.Select(component => component.Name).Concat(Groups.Keys))}.")).ToHashSet(StringComparer.Ordinal);
        return [.. Components.Where(component => chosen.Contains(component.Name))];
    }

    private string Hint(string name) =>
        Dockerfile.Suggestion.For(name, Components.Select(component => component.Name).Concat(Groups.Keys)) is { } hint ? " " + hint : "";
}

/// <summary>A deployment that is restarted and waited for when its images are published.</summary>
public sealed record Rollout(string Deployment, string? Namespace);
