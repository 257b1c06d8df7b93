using Manifold.Building.Recording;
using Manifold.Events;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Publishing;
using Manifold.Solving.Copying;

namespace Manifold.Building;

/// <summary>The road from a project to images in registries, for one image or for many. A newcomer starts here.</summary>
/// <remarks>
/// <code>
/// project     1  plan       <see cref="ProjectGraph"/>, <see cref="ProjectPlanner"/>: bases to digests, targets asked;
///                           everything that prevents a build, at once
///             2  outputs    <see cref="ImageOutputs"/>: can they be written?
/// units       3  build      <see cref="ProjectBuild"/>: each platform of each image is a unit; joined, verified, named in the store;
///                           content is sent by digest meanwhile, and documents are attached
/// images      4  write      the outputs beside the store
///             5  publish    <see cref="ProjectPublication"/>: the tags of all images together, or none
/// record      6  record     <see cref="BuildRecorder"/>: what happened, also after a failure
/// </code>
/// The caller holds the store's shared lock, so that nothing that is being built is pruned. Several builders can use one store at once.
/// </remarks>
internal sealed class Builder(BuilderTools tools)
{
    /// <summary>The host of the units. The default is this machine.</summary>
    public IUnitHost Host { get; init; } = LocalHost.Of(tools);

    /// <summary>Builds, writes and publishes. A failure is part of the outcome, and so is an interruption.</summary>
    public async Task<FinishedBuild> RunAsync(BuildOrder order, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var recorder = new BuildRecorder(new RecorderTools(tools.Store, tools.Registry, tools.Time), order.Heading);
        var run = new Run(order, recorder, e => { recorder.Show(e); on(e); });
        try
        {
            await DriveAsync(run, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            run.Failure = e;
        }
        // 6
        foreach (var outcome in ComponentOutcomes.Of(order, run.Made, run.Result, run.Plan is not null, run.Failure))
            recorder.Add(outcome);
        var record = await recorder.FinishAsync(run.Failure, CancellationToken.None).ConfigureAwait(false);
        return new FinishedBuild(record) { Plan = run.Plan, Result = run.Result, Failure = run.Failure };
    }

    /// <summary>Plans and builds nothing. Fetches the sources that components name, because only they tell the versions.</summary>
    /// <exception cref="ManifoldException">Something prevents the build: all problems in one message. An order that only plans keeps
    /// them in the plan.</exception>
    public Task<ProjectPlan> PlanAsync(BuildOrder order, Action<BuildEvent> on, CancellationToken cancellation) =>
        PlanAsync(order, new Publisher(Publishing(order, on)), on, cancellation);

    private async Task DriveAsync(Run run, CancellationToken cancellation)
    {
        var (order, on) = (run.Order, run.On);
        var publishing = Publishing(order, on);
        var publisher = new Publisher(publishing);
        var documents = new ImageDocuments(order, publishing);
        foreach (var component in order.Project.Components)
            await run.Recorder.ExpectAsync(component.Name, component.Tags, cancellation).ConfigureAwait(false);
        if (order.Push is not null)
            await publisher.RecoverAsync(cancellation).ConfigureAwait(false);
        // 1
        var plan = run.Plan = await PlanAsync(order, publisher, on, cancellation).ConfigureAwait(false);
        // 2
        var outputs = await ImageOutputs.PrepareAsync(tools, order, plan, publishing.Warn, cancellation).ConfigureAwait(false);
        // 3
        var publication = new ProjectPublication(tools, publisher, documents);
        var build = new ProjectBuild(tools, order, publication) { Host = Host };
        var made = run.Made = await build.RunAsync(plan, on, cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        // 4
        if (made.IsWhole)
            await outputs.WriteAsync(made, documents, build, cancellation).ConfigureAwait(false);
        // 5
        run.Result = made.IsWhole || order.KeepGoing ? await publication.PublishAsync(made, on, cancellation).ConfigureAwait(false) : made;
        if (!run.Result.IsWhole)
            throw run.Result.Problem();
    }

    private async Task<ProjectPlan> PlanAsync(BuildOrder order, Publisher publisher, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var files = new ParsedFiles();
        var project = await WithStageTimesAsync(order.Project, files, cancellation).ConfigureAwait(false);
        var graph = new ProjectGraph(project, order.Graph, files);
        order.Lock?.RequireSources(graph);
        var prepared =
            (await SourceCheckouts.PrepareAsync(project, [.. graph.Nodes.Select(node => node.Name)], order.Lock?.Lock, cancellation)
                .ConfigureAwait(false)).Project;
        if (prepared != project)
            graph = new ProjectGraph(prepared, order.Graph, files);
        foreach (var warning in graph.Nodes.SelectMany(IgnoredCaches).Distinct())
            tools.Warn(on, warning);
        var planner = new ProjectPlanner(tools, publisher, graph, order.Lock, on)
        {
            KeepsRest = order.PlansOnly,
            Host = Host,
        };
        return await planner.PlanAsync(order.Push, cancellation).ConfigureAwait(false);
    }

    /// <summary>Fetches what a stage that gives the build its time is made from.</summary>
    private async Task<Project> WithStageTimesAsync(Project project, ParsedFiles files, CancellationToken cancellation)
    {
        if (project.Components is not [{ Platforms: [{ Source: BuildSource { Request: { } request } source }, ..] } only])
            return project;
        if (EpochStage.SourceOf(BuildFiles.ReadDockerfile(request, files).OrThrow(), request) is not { } timed)
            return project;
        var remotes = new RemoteFiles(tools.Store, tools.Time, request.Run.GitCredentials);
        var time = await remotes.TimeAsync(timed, cancellation).ConfigureAwait(false);
        source = source with { Request = BuildKitArguments.WithTime(request, time) };
        return project with
        {
            Components = [only with { Platforms = [.. only.Platforms.Select(platform => platform with { Source = source })] }],
        };
    }

    private static IEnumerable<string> IgnoredCaches(ComponentNode node)
    {
        var builds = node.Component.Platforms.Select(platform => platform.Source).OfType<BuildSource>().ToList();
        foreach (var cache in builds.SelectMany(build => build.CacheFrom.Concat(build.CacheTo)).Where(CacheRequest.IsElsewhere))
            yield return $"{node.Name}: the cache '{cache}' is ignored: its type is not supported. Use type=registry,ref=REPOSITORY:cache "
                + "instead.";
    }

    private PublishingTools Publishing(BuildOrder order, Action<BuildEvent> on) => new(tools.Store, tools.Registry, tools.Time)
    {
        Warn = message => tools.Warn(on, message),
        Surveys = order.PlansOnly,
    };

    /// <summary>One run: what is known of it when it ends, however it ends.</summary>
    private sealed class Run(BuildOrder order, BuildRecorder recorder, Action<BuildEvent> on)
    {
        public BuildOrder Order => order;
        public BuildRecorder Recorder => recorder;
        public Action<BuildEvent> On => on;
        public ProjectPlan? Plan { get; set; }

        /// <summary>The images that were built or were not, before any tag is written.</summary>
        public ProjectResult? Made { get; set; }
        public ProjectResult? Result { get; set; }
        public Exception? Failure { get; set; }
    }
}
