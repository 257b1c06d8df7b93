using System.Collections.Concurrent;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Solving.Steps;

namespace Manifold.Building;

/// <summary>Builds the images of a plan, each as soon as the images that it needs are there. Layers and steps are shared by all.</summary>
/// <remarks>
/// Without <see cref="BuildOrder.KeepGoing"/>, the first failure stops the others. What an image's content needs of registries is sent
/// while others are built.
/// </remarks>
internal sealed class ProjectBuild(BuilderTools tools, BuildOrder order, ProjectPublication publication)
{
    private readonly HookRunner hooks = new(tools.Store, tools.Time);
    private readonly ConcurrentDictionary<long, BuildSession> sessions = new();
    private readonly RunSlots slots =
        order.JobsAreLimit ? RunSlots.Limited(order.Jobs, tools.Time) : RunSlots.OfMachine(order.Jobs, tools.Time);

    /// <inheritdoc cref="Builder.Host"/>
    public required IUnitHost Host { get; init; }

    /// <summary>Returns what became of every image. Throws only what spoils everything.</summary>
    public async Task<ProjectResult> RunAsync(ProjectPlan plan, Action<BuildEvent> on, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Enough components to keep all processors busy while some wait for a registry; no more, so that a large project fits in memory.
        using var places = new SemaphoreSlim(Math.Max(order.JobsAreLimit ? 4 : 8, order.Jobs * 2));
        var outcomes = new Dictionary<string, Task<ComponentResult>>(StringComparer.Ordinal);
        foreach (var component in plan.Components)
        {
            var needed = component.Node.Siblings.ToDictionary(
                sibling => sibling.Name, sibling => outcomes[sibling.Name], StringComparer.Ordinal);
            var session = SessionOf(component, on);
            var name = component.Component.Origin.Name;
            outcomes[component.Name] = OutcomeAsync(
                new Work(component, session, needed, e => on(e with { Component = name })), places, stop);
        }
        return new ProjectResult(
            [.. await Task.WhenAll(plan.Components.Select(component => outcomes[component.Name])).ConfigureAwait(false)]);
    }

    /// <summary>Returns an image of a component in another form. Its steps are done, so this only assembles it.</summary>
    public Task<BuildResult> VariantAsync(ComponentResult built, UnitVariant variant, CancellationToken cancellation)
    {
        var session = SessionOf(built.Planned, _ => { });
        return new ComponentBuild(tools, built.Planned, session, Host, _ => { }).VariantAsync(built.Platforms, variant, cancellation);
    }

    private BuildSession SessionOf(PlannedComponent component, Action<BuildEvent> on) =>
        sessions.GetOrAdd(component.Plan.FileTime, fileTime => new BuildSession(tools, fileTime, slots, on));

    private sealed record Work(
        PlannedComponent Component, BuildSession Session, Dictionary<string, Task<ComponentResult>> Needed, Action<BuildEvent> On);

    private async Task<ComponentResult> OutcomeAsync(Work work, SemaphoreSlim places, CancellationTokenSource stop)
    {
        var (planned, began) = (work.Component, false);
        try
        {
            var siblings = new Dictionary<string, BuildResult>(StringComparer.Ordinal);
            foreach (var (name, task) in work.Needed)
            {
                if ((await task.ConfigureAwait(false)).Result is not { } built)
                    return new ComponentResult(planned, ComponentState.Skipped) { Needed = name };
                siblings[name] = built;
            }
            await places.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                began = true;
                var build = new ComponentBuild(tools, planned, work.Session, Host, work.On);
                var made = await build.RunAsync(siblings, hooks, stop.Token).ConfigureAwait(false);
                return planned.Preflight is null ? made : await publication.SendAsync(made, work.On, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return new ComponentResult(planned, ComponentState.Stopped) { Began = began };
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException)
        {
            if (!order.KeepGoing)
                await stop.CancelAsync().ConfigureAwait(false);
            return new ComponentResult(planned, ComponentState.Failed)
            {
                Failure = DiskTrouble.Explain(e, tools.Store.Root, Path.GetTempPath()) ?? e as ManifoldException ?? new DiskException(e),
            };
        }
    }
}

/// <summary>The system refuses a file.</summary>
internal sealed class DiskException(Exception why) : ManifoldException(why.Message, why)
{
    public override int ExitCode => 1;
}
