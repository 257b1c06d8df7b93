using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects;

/// <summary>What a user may ask of a bake beside the project itself.</summary>
public sealed record GraphOptions
{
    /// <summary>Components and groups; empty means the project's default.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public bool NoCache { get; init; }
    public bool Pull { get; init; }

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
public sealed class ProjectGraph
{
    private readonly Project project;
    private readonly GraphOptions options;
    private readonly SiblingNames names;
    private readonly HashSet<string> asked;
    private readonly Dictionary<string, ComponentNode> nodes = new(StringComparer.Ordinal);
    private readonly ImmutableArray<ComponentNode>.Builder ordered = ImmutableArray.CreateBuilder<ComponentNode>();
    private readonly List<ManifoldException> problems = [];

    /// <exception cref="UsageException">A name is unknown, siblings need each other, or a Dockerfile is wrong; all in one message.</exception>
    public ProjectGraph(Project project, GraphOptions options)
    {
        (this.project, this.options, names) = (project, options, new SiblingNames(project));
        var chosen = project.Select(options.Names);
        asked = [.. chosen.Select(component => component.Name)];
        foreach (var component in chosen)
            Visit(component, []);
        ProjectFailedException.ThrowIfAny(problems);
        Nodes = ordered.ToImmutable();
    }

    /// <summary>Each after those that it needs; what does not depend on each other stands in the order of the file.</summary>
    public ImmutableArray<ComponentNode> Nodes { get; }

    /// <summary>The reference that stands for a component in the plans of those that need it.</summary>
    public ImageReference ReferenceOf(string component) => names.ReferenceOf(component)!;

    private void Visit(Component component, ImmutableList<(string Name, Place Place)> path)
    {
        if (nodes.ContainsKey(component.Name))
            return;
        var node = Read(component);
        foreach (var (sibling, place) in node.Siblings)
        {
            var way = path.Add((component.Name, place));
            if (way.FindIndex(step => step.Name == sibling) is var begin and >= 0)
            {
                problems.Add(Cycle(way.RemoveRange(0, begin), sibling));
                continue;
            }
            Visit(project.Find(sibling)!, way);
        }
        if (nodes.TryAdd(component.Name, node))
            ordered.Add(node);
    }

    private static UsageException Cycle(ImmutableList<(string Name, Place Place)> way, string first) => new(
        $"These images need each other: {string.Join(" → ", way.Select(step => step.Name).Append(first))}.\n"
        + string.Join('\n', way.Select((step, i) => $"  {step.Place}: {step.Name} needs {(i + 1 < way.Count ? way[i + 1].Name : first)}")));

    private ComponentNode Read(Component component)
    {
        var platforms = component.Platforms.Select(platform => new PlatformNode(platform) { Build = platform.Source is BuildSource build ? Read(component, platform, build) : null }).ToImmutableArray();
        return new ComponentNode(component, asked.Contains(component.Name))
        {
            Platforms = platforms,
            Siblings = [.. platforms.SelectMany(platform => platform.Build?.Siblings ?? []).Select(sibling => (sibling.Sibling, sibling.Need.Place)).DistinctBy(sibling => sibling.Sibling)],
        };
    }

    private PlatformBuild? Read(Component component, ComponentPlatform platform, BuildSource source)
    {
        try
        {
            var request = RequestOf(component, platform.Platform, source);
            var planner = new Planner(BuildFiles.ReadDockerfile(request).OrThrow(), request);
            return new PlatformBuild(request, planner, GroupOf(source))
            {
                Siblings = [.. planner.Needs.Select(need => (need, Sibling: names.Find(need.Reference, component.Name)!)).Where(each => each.Sibling is not null)],
            };
        }
        catch (ManifoldException e) when (e is DockerfileException or UsageException)
        {
            problems.Add(e is DockerfileException ? e : new UsageException($"{source.Place}: {component.Name}: {e.Message}"));
            return null;
        }
    }

    private BuildRequest RequestOf(Component component, Platform platform, BuildSource source) => BuildKitArguments.Applied(new BuildRequest
    {
        ContextFolder = source.ContextFolder, ContextAddress = source.ContextAddress, ContextTime = source.ContextTime, DockerfilePath = DockerfileOf(source), InlineDockerfile = source.InlineDockerfile,
        Platforms = [platform], Target = source.Target, BuildArguments = source.Arguments, Labels = component.Labels, Annotations = component.Annotations, Layers = component.Layers ?? LayerPolicy.Default,
        Contexts = source.Contexts.ToImmutableSortedDictionary(context => context.Key, context => Resolved(context.Value), StringComparer.Ordinal),
        Run = options.RunSettings(source), Tags = component.Tags, NoCache = options.NoCache || source.NoCache, Pull = options.Pull || source.Pull,
        Cache = CacheRequest.Parse(source.CacheFrom.Where(text => !CacheRequest.IsElsewhere(text)), source.CacheTo.Where(text => !CacheRequest.IsElsewhere(text))), SourceDateEpoch = BuildKitArguments.ReadEpoch(source.Arguments.GetValueOrDefault(BuildKitArguments.Epoch)) ?? options.SourceDateEpoch,
    });

    /// <summary>As people find it: many Dockerfiles of a project are called 'Dockerfile'.</summary>
    private static string? DockerfileOf(BuildSource source)
    {
        if (source.InlineDockerfile is not null)
            return source.DockerfilePath ?? $"{source.Place.File}({source.Place.Line})";
        var here = Directory.GetCurrentDirectory();
        return new ProjectPaths(here, here).Shown(source.DockerfilePath ?? BuildFiles.DefaultPathOf(source.ContextFolder));
    }

    private NamedContext Resolved(NamedContext context) => context switch
    {
        SiblingContext sibling => new ImageContext(names.ReferenceOf(sibling.Name)
            ?? throw new UsageException($"contexts: image:{sibling.Name}: {project.File} has no image '{sibling.Name}'.")),
        LayoutContext layout => new ImageContext(options.LayoutReference(layout)),
        _ => context,
    };

    /// <summary>A key of everything in which platforms of one component can differ, but for the platform.</summary>
    private static Digest GroupOf(BuildSource source)
    {
        using var key = new KeyBuilder();
        return key.Add(source.ContextFolder).Add(source.DockerfilePath).Add(source.InlineDockerfile).Add(source.Target).Add(source.NoCache ? 1 : 0).Add(source.Pull ? 1 : 0)
            .AddAll(source.CacheFrom).AddAll(source.CacheTo).AddAll(source.Arguments.Select(argument => $"{argument.Key}={argument.Value}")).AddAll(source.Contexts.Select(context => $"{context.Key}={context.Value}")).AddAll(source.Secrets).AddAll(source.Ssh).ToDigest();
    }
}
