using System.Collections.Immutable;
using Manifold.Projects.Targets;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>
/// Everything that a team ships, read from one file or folder and resolved: the environment, defaults and inheritance are worked in.
/// </summary>
/// <remarks>
/// Every reader makes this, and nothing after it knows which file it came from:
/// <code>
/// manifold.yaml ─┐
/// side-images   ─┤
/// bake JSON, HCL ┼─► Project ─► ProjectGraph ─► Builder
/// compose.yaml  ─┘
/// </code>
/// </remarks>
internal sealed record Project
{
    /// <summary>The file or folder as the user named it, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The folder that relative paths start from; absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>The name of the folder that the project is in, for headings.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Folder)) is { Length: > 0 } name ? name : "project";

    /// <summary>In the order of the file, names without repetition.</summary>
    public required ImmutableArray<Component> Components { get; init; }

    /// <summary>
    /// Components that cannot be built as the file is, and members of groups that are not there; each matters only where it is asked for.
    /// </summary>
    public ImmutableSortedDictionary<string, BrokenComponent> Broken { get; init; } =
        ImmutableSortedDictionary.Create<string, BrokenComponent>(StringComparer.Ordinal);

    /// <summary>See <see cref="LinkedPlatforms"/>.</summary>
    internal bool LinksPlatforms { get; init; }

    /// <summary>The bake file that this was read from, for printing it as such; null where it was another.</summary>
    internal BakeDocument? Written { get; init; }

    /// <summary>Names that stand for several components. Members are components or names in <see cref="Broken"/>, each once.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Groups { get; init; } =
        ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>What is baked where nothing is named; all components where it is empty.</summary>
    public ImmutableArray<string> Default { get; init; } = [];

    /// <summary>What is restarted once everything is published; null where nothing is.</summary>
    public Rollout? Rollout { get; init; }

    /// <summary>Published without being asked to: system 3's <c>PUSH</c>.</summary>
    public bool Push { get; init; }

    /// <summary>
    /// How much is built at once where the command line does not say; null leaves it to the machine. System 3's <c>PARALLEL=no</c> is 1.
    /// </summary>
    public int? Jobs { get; init; }

    /// <summary>The nodes that the file names, and the ones that it uses by default.</summary>
    public ConfiguredNodes Nodes { get; init; } = ConfiguredNodes.None;

    /// <summary>Things worth knowing about the file that stop nothing, each a sentence.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    public Component? Find(string name) => Components.FirstOrDefault(component => component.Name == name);

    /// <summary>
    /// The components that names of components and groups stand for, in the order of the file; the default where there are none.
    /// </summary>
    /// <remarks>A name may be a pattern, and its dots may be written as bake writes them: <c>web_v1</c> is <c>web.v1</c>.</remarks>
    /// <param name="toPrint">They need not be such that they can be built.</param>
    /// <exception cref="UsageException">A name is neither.</exception>
    /// <exception cref="ProjectFileException">
    /// One of them, or to print of those that they stand on, cannot be used as the file is.
    /// </exception>
    public ImmutableArray<Component> Select(IReadOnlyCollection<string> names, bool toPrint = false)
    {
        var chosen = Chosen(names);
        var looked = toPrint ? WithSiblings(chosen) : chosen;
        var faults = looked.Select(Broken.GetValueOrDefault).OfType<BrokenComponent>().Where(each => !(toPrint && each.IsPrintable))
            .SelectMany(each => each.Faults).Distinct();
        return faults.ToImmutableArray() is { IsEmpty: false } found ? throw new ProjectFileException(found)
            : [.. Components.Where(component => chosen.Contains(component.Name))];
    }

    /// <summary>Those among them that cannot be used as the file is.</summary>
    public ImmutableArray<string> BrokenAmong(IReadOnlyCollection<string> names) => [.. Chosen(names).Where(Broken.ContainsKey)];

    /// <summary>The same, without those that cannot be used as the file is.</summary>
    public ImmutableArray<Component> SelectWhole(IReadOnlyCollection<string> names)
    {
        var chosen = Chosen(names);
        return [.. Components.Where(component => chosen.Contains(component.Name) && !Broken.ContainsKey(component.Name))];
    }

    /// <summary>All that these names stand for is to be checked, and not built.</summary>
    public bool IsChecked(IReadOnlyCollection<string> names) =>
        Chosen(names) is { Count: > 0 } chosen && chosen.All(name => Find(name) is { IsChecked: true });

    /// <summary>For who builds nothing: what is understood and only cannot be built is not in the way.</summary>
    public Project Unbuilt =>
        this with { Broken = Broken.RemoveRange(Broken.Where(each => each.Value.IsPrintable).Select(each => each.Key)) };

    /// <summary>
    /// What is wrong with components that nobody asks for and nothing asked for stands on, a sentence each. What is only to be checked need
    /// not be such that it can be built.
    /// </summary>
    public IEnumerable<string> Reservations(IReadOnlyCollection<string> names)
    {
        var needed = WithSiblings(Chosen(names));
        return Broken.Where(each => !needed.Contains(each.Key) && !(each.Value.IsPrintable && Find(each.Key) is { IsChecked: true })
            && (Find(each.Key) is not null || Groups.Values.Any(members => members.Contains(each.Key))))
            .Select(each => $"'{each.Key}' cannot be built, but it is not requested: {each.Value.Faults[0].OneLine}");
    }

    /// <summary>These and all that they stand on by their contexts.</summary>
    private HashSet<string> WithSiblings(HashSet<string> names)
    {
        var (found, waiting) = (new HashSet<string>(names, StringComparer.Ordinal), new Queue<string>(names));
        while (waiting.TryDequeue(out var name))
            foreach (var sibling in Find(name)?.Siblings ?? [])
                if (found.Add(sibling))
                    waiting.Enqueue(sibling);
        return found;
    }

    private HashSet<string> Chosen(IReadOnlyCollection<string> names) => names.Count > 0 ? [.. names.SelectMany(Meant)]
        : Default.IsEmpty ? [.. Components.Select(component => component.Name)] : [.. Default];

    private IEnumerable<string> Meant(string name)
    {
        if (Groups.TryGetValue(name, out var members))
            return members;
        if (name == "default" && Find(name) is null)
            return Chosen([]);
        if (Find(name) is not null || Broken.ContainsKey(name))
            return [name];
        if (Components.FirstOrDefault(component => component.Name.Replace('.', '_') == name.Replace('.', '_')) is { } dotted)
            return [dotted.Name];
        var all = Components.Select(component => component.Name).Concat(Groups.Keys);
        if (Dockerfile.FilePattern.HasWildcards(name) && Dockerfile.FilePattern.TryParse(name, out var pattern)
            && all.Where(each => pattern.Matches(each)).ToList() is { Count: > 0 } matched)
            return matched.SelectMany(Meant);
        var hint = Dockerfile.Suggestion.For(name, all) is { } like ? " " + like : "";
        throw new UsageException($"{File} has no image '{name}'.{hint} The file has: {string.Join(", ", all)}.");
    }
}

/// <summary>A deployment that is restarted and waited for when its images are published.</summary>
internal sealed record Rollout(string Deployment, string? Namespace);
