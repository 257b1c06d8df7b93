using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>What a user may ask of a bake beside the project itself.</summary>
internal sealed record GraphOptions
{
    /// <summary>Components and groups; empty means the project's default.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public bool NoCache { get; init; }
    public bool Pull { get; init; }

    /// <summary>
    /// Components that nothing is wrong with are there although something is wrong with others: for whoever shows a plan.
    /// </summary>
    public bool KeepsRest { get; init; }

    /// <summary><c>SOURCE_DATE_EPOCH</c>; a component's argument of that name counts more.</summary>
    public long? SourceDateEpoch { get; init; }

    /// <summary>Reads the secrets and finds the agents that a component's RUNs may use; called for each.</summary>
    public Func<BuildSource, RunSettings> RunSettings { get; init; } = _ => new RunSettings();

    /// <summary>What a layout context's image is known as in the store, where it was brought to before; called for each.</summary>
    public required Func<LayoutContext, ImageReference> LayoutReference { get; init; }
}

/// <summary>The components that are to be built, each after those that it stands on.</summary>
/// <remarks>
/// <code>
/// names              1  the chosen components
/// their Dockerfiles  2  FROM and --from: a sibling, or an image from outside?   (<see cref="SiblingNames"/>)
/// their siblings     3  the same for these, until nothing is added; a cycle is told with its path
/// </code>
/// Reads Dockerfiles and nothing else. Everything that is wrong with them is reported together.
/// </remarks>
internal sealed class ProjectGraph
{
    private readonly Project project;
    private readonly SiblingNames names;
    private readonly ComponentRequests requests;
    private readonly HashSet<string> asked;
    private readonly ParsedFiles files;
    private readonly Dictionary<string, ComponentNode> nodes = new(StringComparer.Ordinal);
    private readonly ImmutableArray<ComponentNode>.Builder ordered = ImmutableArray.CreateBuilder<ComponentNode>();
    private readonly List<ManifoldException> problems = [];
    private readonly Dictionary<string, string?> left = new(StringComparer.Ordinal);

    /// <exception cref="UsageException">A name is unknown, siblings need each other, or a Dockerfile is wrong; all in one
    /// message.</exception>
    /// <param name="files">The Dockerfiles that were parsed before.</param>
    public ProjectGraph(Project project, GraphOptions options, ParsedFiles? files = null)
    {
        (this.project, this.files) = (project, files ?? new ParsedFiles());
        asked = [.. Chosen(options).Select(component => component.Name)];
        this.project = LinkedPlatforms.Applied(project, asked);
        names = new SiblingNames(this.project);
        requests = new ComponentRequests(this.project, options, names);
        foreach (var component in this.project.Components.Where(component => asked.Contains(component.Name)))
            Visit(component, []);
        if (!options.KeepsRest)
            SeveralProblemsException.ThrowIfAny(problems);
        Problems = [.. problems];
        Nodes = [.. ordered.Where(node => !IsLeft(node))];
    }

    /// <summary>What is wrong with Dockerfiles; empty unless the rest is kept.</summary>
    public ImmutableArray<ManifoldException> Problems { get; }

    /// <summary>
    /// The components that cannot be planned, each with the one that it needs and that has the problem; null where the problem is its own.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Left => left;

    /// <summary>Each after those that it needs; what does not depend on each other stands in the order of the file.</summary>
    public ImmutableArray<ComponentNode> Nodes { get; }

    /// <summary>The reference that stands for a component in the plans of those that need it.</summary>
    public ImageReference ReferenceOf(string component) => names.ReferenceOf(component)!;

    private void Visit(Component component, ImmutableList<(string Name, Place Place)> path)
    {
        if (nodes.ContainsKey(component.Name))
            return;
        if (project.Broken.TryGetValue(component.Name, out var broken))
        {
            problems.Add(new ProjectFileException(broken.Faults));
            left[component.Name] = null;
        }
        var node = Read(component);
        foreach (var (sibling, place) in node.Siblings)
        {
            var way = path.Add((component.Name, place));
            if (way.FindIndex(step => step.Name == sibling) is var begin and >= 0)
            {
                problems.Add(Cycle(way.RemoveRange(0, begin), sibling));
                left[component.Name] = null;
                continue;
            }
            Visit(project.Find(sibling)!, way);
        }
        if (nodes.TryAdd(component.Name, node))
            ordered.Add(node);
    }

    private ImmutableArray<Component> Chosen(GraphOptions options)
    {
        try
        {
            return project.Select(options.Names);
        }
        catch (ProjectFileException e) when (options.KeepsRest)
        {
            problems.Add(e);
            foreach (var name in project.BrokenAmong(options.Names))
                left[name] = null;
            return project.SelectWhole(options.Names);
        }
    }

    private bool IsLeft(ComponentNode node)
    {
        if (!left.ContainsKey(node.Name) && node.Siblings.FirstOrDefault(sibling => left.ContainsKey(sibling.Name)).Name is { } sibling)
            left[node.Name] = left[sibling] ?? sibling;
        return left.ContainsKey(node.Name);
    }

    private static UsageException Cycle(ImmutableList<(string Name, Place Place)> way, string first) => new(
        $"These images depend on each other: {string.Join(" → ", way.Select(step => step.Name).Append(first))}.\n"
        + string.Join('\n', way.Select((step, i) => $"  {step.Place}: {step.Name} needs {(i + 1 < way.Count ? way[i + 1].Name : first)}")));

    private ComponentNode Read(Component component)
    {
        var platforms = component.Platforms.Select(platform => new PlatformNode(platform)
        {
            Build = platform.Source is BuildSource build ? Read(component, platform, build) : null,
        }).ToImmutableArray();
        return new ComponentNode(component, asked.Contains(component.Name))
        {
            Platforms = platforms,
            Siblings = [.. platforms.SelectMany(platform => platform.Build?.Siblings ?? [])
                .Select(sibling => (sibling.Sibling, sibling.Need.Place))
                .DistinctBy(sibling => sibling.Sibling)],
        };
    }

    private PlatformBuild? Read(Component component, ComponentPlatform platform, BuildSource source)
    {
        try
        {
            var request = requests.Of(component, platform.Platform, source);
            var parsed = component.Origin.Judged(BuildFiles.ReadDockerfile(request, files), request);
            var planner = new Planner(parsed.OrThrow(), request);
            return new PlatformBuild(request, planner, ComponentRequests.GroupOf(source))
            {
                Files = files,
                Siblings = [.. planner.Needs.Select(need => (need, Sibling: names.Find(need.Reference, component.Name)!))
                    .Where(each => each.Sibling is not null)],
            };
        }
        catch (ManifoldException e) when (e is DockerfileException or UsageException)
        {
            left[component.Name] = null;
            problems.Add(e is UsageException && component.Origin.Name is { } name
                ? new UsageException($"{source.Place}: {name}: {e.Message}")
                : e);
            return null;
        }
    }
}
