using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Images;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Solving;

namespace Manifold.Building;

/// <summary>What is asked of a bake.</summary>
public sealed record BakeRequest(Project Project, GraphOptions Graph)
{
    /// <summary>How images are published; null where they are not.</summary>
    public PublicationRequest? Push { get; init; }

    /// <summary>Finishes what can be finished where something fails.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>What outside images and sources are pinned to; null where nothing is.</summary>
    public LockUse? Lock { get; init; }

    /// <summary>Says what is attached to an image whose content is in its registries, and attaches it, before any tag is written.</summary>
    public Func<BakedComponent, PreparedImage, CancellationToken, Task<AttachmentSummary>>? Attach { get; init; }

    /// <summary>Called before any tag is written, when every image is built, has failed or was stopped. Also called after an
    /// interruption.</summary>
    public Action<BakeResult>? Made { get; init; }

    /// <summary>How many RUNs work at a time.</summary>
    public required int Jobs { get; init; }

    /// <summary>Whether <see cref="Jobs"/> also limits RUNs that only wait.</summary>
    public bool JobsAreLimit { get; init; }
}

/// <summary>The road of a whole project. Read <see cref="Builder"/> first: it is the road of one image.</summary>
/// <remarks>
/// <code>
/// project      1  sources              repo and commit → src/, for components that say so
///              2  ProjectGraph         which components, each after those that it stands on
///              3  BakePlanner          outside images to digests, targets asked: all that stands in the way, at once
/// each         4  ComponentBuilder     as soon as its siblings are there; layers and steps are shared by all
///              5  Publisher.SendAsync  its content goes out by digest while others are built, then what is attached to it
/// all          6  Publisher            the tags of all images together, or none
/// </code>
/// Without <see cref="BakeRequest.KeepGoing"/> the first failure stops the others and nothing is published; with it, what is whole
/// is published. The caller holds the store's shared lock.
/// </remarks>
public sealed class Bakery(BakeTools tools)
{
    private readonly HookRunner hooks = new(tools.Builder.Store, tools.Builder.Time);

    /// <summary>Reads and plans; builds nothing. Sources are checked out, for without them nobody knows the versions.</summary>
    public async Task<BakePlan> PlanAsync(BakeRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var graph = new ProjectGraph(request.Project, request.Graph);
        // 1, 2
        request.Lock?.RequireSources(graph);
        var project = (await SourceCheckouts.PrepareAsync(request.Project, [.. graph.Nodes.Select(node => node.Name)], request.Lock?.Lock, cancellation).ConfigureAwait(false)).Project;
        if (project != request.Project)
            graph = new ProjectGraph(project, request.Graph);
        foreach (var warning in graph.Nodes.SelectMany(Unheeded).Distinct())
            on(new Warned(warning) { Time = tools.Builder.Time.GetUtcNow() });
        // 3
        var planner = new BakePlanner(tools, graph, request.Lock) { KeepsRest = request.Graph.KeepsRest };
        return await planner.PlanAsync(request.Push, on, cancellation).ConfigureAwait(false);
    }

    /// <summary>What a file may say and what has no effect yet is not passed over in silence.</summary>
    private static IEnumerable<string> Unheeded(ComponentNode node)
    {
        var builds = node.Component.Platforms.Select(platform => platform.Source).OfType<BuildSource>().ToList();
        foreach (var cache in builds.SelectMany(build => build.CacheFrom.Concat(build.CacheTo)).Where(CacheRequest.IsElsewhere))
            yield return $"{node.Name}: the cache '{cache}' is ignored: its type is not supported. Use type=registry,ref=REPOSITORY:cache "
                + "instead.";
    }

    /// <summary>Builds and publishes what was planned. What fails is in the result; only the user's interruption and what spoils all is thrown.</summary>
    public async Task<BakeResult> BakeAsync(BakeRequest request, BakePlan plan, Action<BuildEvent> on, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Enough components to keep all processors busy while some wait for a registry; no more, so that a large project fits in memory.
        using var places = new SemaphoreSlim(Math.Max(request.JobsAreLimit ? 4 : 8, request.Jobs * 2));
        var time = tools.Builder.Time;
        var slots = request.JobsAreLimit ? RunSlots.Limited(request.Jobs, time) : RunSlots.OfMachine(request.Jobs, time);
        var sessions = new ConcurrentDictionary<long, BuildSession>();
        var outcomes = new Dictionary<string, Task<BakedComponent>>(StringComparer.Ordinal);
        foreach (var component in plan.Components)
        {
            var needed = component.Node.Siblings.ToDictionary(sibling => sibling.Name, sibling => outcomes[sibling.Name], StringComparer.Ordinal);
            var session = sessions.GetOrAdd(component.Plan.FileTime, fileTime => new BuildSession(tools.Builder, fileTime, slots, on));
            outcomes[component.Name] = OutcomeAsync(new Work(component, session, needed, e => on(e with { Component = component.Name })), places, request, stop);
        }
        var all = await Task.WhenAll(plan.Components.Select(component => outcomes[component.Name])).ConfigureAwait(false);
        var result = new BakeResult([.. all]);
        request.Made?.Invoke(result);
        cancellation.ThrowIfCancellationRequested();
        return result.IsWhole || request.KeepGoing ? await PublishAsync(result, on, cancellation).ConfigureAwait(false) : result;
    }

    private sealed record Work(PlannedComponent Component, BuildSession Session, Dictionary<string, Task<BakedComponent>> Needed, Action<BuildEvent> On);

    private async Task<BakedComponent> OutcomeAsync(Work work, SemaphoreSlim places, BakeRequest request, CancellationTokenSource stop)
    {
        var (planned, began) = (work.Component, false);
        try
        {
            var siblings = new Dictionary<string, BuildResult>(StringComparer.Ordinal);
            foreach (var (name, task) in work.Needed)
            {
                if ((await task.ConfigureAwait(false)).Result is not { } built)
                    return new BakedComponent(planned, BakedState.Skipped) { Needed = name };
                siblings[name] = built;
            }
            await places.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                // 4
                began = true;
                var outcome = await new ComponentBuilder(tools, planned, work.Session, work.On).BuildAsync(siblings, hooks, stop.Token).ConfigureAwait(false);
                // 5
                return planned.Preflight is null ? outcome : await SendAsync(outcome, request, work.On, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return new BakedComponent(planned, BakedState.Stopped) { Began = began };
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException)
        {
            if (!request.KeepGoing)
                await stop.CancelAsync().ConfigureAwait(false);
            return new BakedComponent(planned, BakedState.Failed)
            {
                Failure = DiskTrouble.Explain(e, tools.Builder.Store.Root, Path.GetTempPath())
                    ?? e as ManifoldException ?? new DiskException(e)
            };
        }
    }

    private async Task<BakedComponent> SendAsync(BakedComponent outcome, BakeRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var image = await PreparedAsync(outcome, on, cancellation).ConfigureAwait(false);
        await tools.Publisher.SendAsync(image, new PushEvents(on, tools.Builder.Time), cancellation).ConfigureAwait(false);
        return request.Attach is { } attach ? outcome with { Attached = await attach(outcome, image, cancellation).ConfigureAwait(false) } : outcome;
    }

    private async Task<BakeResult> PublishAsync(BakeResult result, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var whole = result.Components.Where(component => component is { State: BakedState.Built, Planned.Preflight: not null }).ToList();
        if (whole.Count == 0)
            return result;
        // 6
        var prepared = new List<PreparedImage>();
        foreach (var component in whole)
            prepared.Add(await PreparedAsync(component, _ => { }, cancellation).ConfigureAwait(false));
        var published = await tools.Publisher.PublishAllAsync([.. prepared], new PushEvents(on, tools.Builder.Time), cancellation).ConfigureAwait(false);
        var publications = whole.Zip(published).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        return new BakeResult([.. result.Components.Select(component => component with { Publication = publications.GetValueOrDefault(component.Name) })]);
    }

    private async Task<PreparedImage> PreparedAsync(BakedComponent outcome, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var component = outcome.Planned.Node.Component;
        IImageSource source = new StoreSource(tools.Builder.Store, tools.Builder.Registry, component.Tags[0], outcome.Result!.Index);
        if (!component.DockerFormat)
            return new PreparedImage(source, outcome.Result.Index, outcome.Planned.Preflight!);
        source = await FormatConversion.ConvertAsync(source, ImageFormat.Docker,
            lost => on(new Warned($"{outcome.Name}: {lost}") { Time = tools.Builder.Time.GetUtcNow() }),
            cancellation).ConfigureAwait(false);
        return new PreparedImage(source, (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor, outcome.Planned.Preflight!);
    }
}

/// <summary>The system refuses a file.</summary>
internal sealed class DiskException(Exception why) : ManifoldException(why.Message, why)
{
    public override int ExitCode => 1;
}
