using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Turns a Dockerfile and a request into a plan. Pure: what it needs of registries is handed in.</summary>
/// <remarks>
/// <code>
/// Dockerfile × platforms   1  Needs   which images × platforms the target reaches
///                             (the caller resolves them to digests; ONBUILD of these may ask for more)
/// + resolved images        2  Plan    for each platform, stage by stage from the ground up:
///                                     instructions → steps (work) and config (everything else)
///                          3          equal steps of different platforms are one step
/// </code>
/// Everything that is wrong with the file is reported together, before any work.
/// </remarks>
internal sealed class Planner
{
    private readonly DockerfileTree tree;
    private readonly BuildRequest request;
    private readonly Diagnosing diagnosing;
    private readonly ImageTriggers triggers = new();
    private readonly ImmutableArray<StageGraph> graphs;

    /// <exception cref="DockerfileException">FROM lines or references to stages are wrong.</exception>
    /// <exception cref="UsageException">The target does not exist.</exception>
    public Planner(DockerfileTree tree, BuildRequest request)
    {
        this.tree = tree;
        diagnosing = new Diagnosing(tree);
        graphs = Graphs(request);
        var time = EpochStage.TextOf(tree, request, graphs[0]);
        if (time is not null && !request.Contexts.ContainsKey(time) && tree.FindByName(time) is not null)
            throw new UsageException(
                $"{BuildKitArguments.Epoch}={time} names a stage, "
                + "which is not supported in a project. Set the seconds in the args of the image.");
        this.request = BuildKitArguments.WithNamedTime(request, time);
        if (this.request != request)
            graphs = Graphs(this.request);
        Needs = FindNeeds();
        diagnosing.ThrowIfAny();
    }

    /// <summary>The images that the target stands on, each once.</summary>
    public ImmutableArray<BaseNeed> Needs { get; }

    /// <summary>What ONBUILD triggers of these images reach besides; those may bring triggers again.</summary>
    /// <exception cref="DockerfileException">A trigger cannot be read, or names a stage that is not there.</exception>
    public ImmutableArray<BaseNeed> NeedsBesides(IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases)
    {
        triggers.Learn(bases.Values);
        var more = FindNeeds().Where(need => !bases.ContainsKey((need.Reference, need.Platform))).ToImmutableArray();
        diagnosing.ThrowIfAny();
        return more;
    }

    /// <param name="bases">An image for each of <see cref="Needs"/>, and of <see cref="NeedsBesides"/>.</param>
    /// <exception cref="DockerfileException">The file asks for what is wrong.</exception>
    public BuildPlan Plan(IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases)
    {
        triggers.Learn(bases.Values);
        var steps = new Dictionary<Digest, Step>();
        var images = graphs.Select(graph => PlanImage(graph, bases, steps)).ToImmutableArray();
        diagnosing.ThrowIfAny();
        return new BuildPlan
        {
            Dockerfile = tree.FileName,
            Images = images,
            FileTime = request.SourceDateEpoch ?? BuildKitArguments.ReadEpoch(EpochStage.TextOf(tree, request, graphs[0])) ?? 0,
        };
    }

    private ImmutableArray<StageGraph> Graphs(BuildRequest of) =>
        [.. of.Platforms.Select(platform => new StageGraph(tree, of, platform, diagnosing) { Triggers = triggers })];

    private ImagePlan PlanImage(
        StageGraph graph, IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases, Dictionary<Digest, Step> steps)
    {
        var stages = new StagePlans(request, graph, bases, steps);
        var target = stages.PlanOf(graph.Target);
        var config = ForPlatform(target.Config, graph.Platform) with
        {
            Config = target.Config.Config! with { Labels = Merge(target.Config.Config.Labels, request.Labels) },
        };
        return new ImagePlan
        {
            Platform = graph.Platform,
            Last = target.Last,
            Config = config,
            History = target.History,
        };
    }

    /// <summary>
    /// The config of a base may name an older processor that serves, as arm/v6 serves arm/v7: what is built is for what was asked
    /// for, and its index says so too.
    /// </summary>
    private static ImageConfig ForPlatform(ImageConfig config, Platform platform) =>
        config.Platform != platform && config.Platform.Os == platform.Os && config.Platform.Architecture == platform.Architecture
            ? config with { Architecture = platform.Architecture, Variant = platform.Variant } : config;

    private ImmutableArray<BaseNeed> FindNeeds()
    {
        var needs = new Dictionary<(ImageReference, Platform), BaseNeed>();
        foreach (var graph in graphs)
            foreach (var stage in graph.Needed())
            {
                Note(graph.GroundOf(stage), stage.From, graph.StageLike(stage.From.Image, stage.Index));
                foreach (var (source, asking) in graph.SourcesOf(stage))
                    Note(source, asking, asking is CopyInstruction { From: { } name } ? graph.StageLike(name) : null);
            }
        return [.. needs.Values];

        void Note(StageGround ground, Instruction instruction, string? hint)
        {
            if (ground is StageGround.Image image)
                needs.TryAdd((image.Reference, image.Platform),
                    new BaseNeed(image.Reference, image.Platform, instruction.Source.Place) { Hint = hint });
        }
    }

    private static ImmutableSortedDictionary<string, string>? Merge(
        ImmutableSortedDictionary<string, string>? labels, ImmutableSortedDictionary<string, string> more) =>
        more.IsEmpty ? labels : (labels ?? ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)).SetItems(more);
}
