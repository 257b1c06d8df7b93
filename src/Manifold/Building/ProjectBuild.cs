using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Oci;
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
        using var places = new SemaphoreSlim(Math.Max(order.JobsAreLimit ? 4 : 8, (order.Jobs + Host.JobsElsewhere) * 2));
        var started = new Dictionary<string, Sibling>(StringComparer.Ordinal);
        foreach (var component in plan.Components)
        {
            var needed = component.Node.Siblings.ToDictionary(
                sibling => sibling.Name, sibling => started[sibling.Name], StringComparer.Ordinal);
            var session = SessionOf(component, on);
            var name = component.Component.Origin.Name;
            var images = new SiblingImages(component);
            started[component.Name] = new Sibling(images, OutcomeAsync(
                new Work(component, session, needed, e => on(e with { Component = name }))
                {
                    Images = images,
                    PushTo = DirectPush.TargetsOf(component, plan, order),
                }, places, stop));
        }
        return new ProjectResult(
            [.. await Task.WhenAll(plan.Components.Select(component => started[component.Name].Outcome)).ConfigureAwait(false)]);
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
        PlannedComponent Component, BuildSession Session, Dictionary<string, Sibling> Needed, Action<BuildEvent> On)
    {
        public required SiblingImages Images { get; init; }

        public required ImmutableArray<ImageReference> PushTo { get; init; }
    }

    private async Task<ComponentResult> OutcomeAsync(Work work, SemaphoreSlim places, CancellationTokenSource stop)
    {
        var (planned, began) = (work.Component, false);
        try
        {
            await FirstImagesAsync(work).ConfigureAwait(false);
            await places.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                began = true;
                var build = new ComponentBuild(tools, planned, work.Session, Host, work.On) { PushTo = work.PushTo, Images = work.Images };
                var made = await build.RunAsync(work.Needed, hooks, stop.Token).ConfigureAwait(false);
                return planned.Preflight is null ? made : await publication.SendAsync(made, work.On, stop.Token).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
        catch (SiblingNotBuiltException e)
        {
            return new ComponentResult(planned, ComponentState.Skipped) { Needed = e.Sibling };
        }
        catch (OperationCanceledException)
        {
            // Its siblings end, too: the failure of one of them may be what stops everything.
            foreach (var (name, sibling) in work.Needed)
            {
                if ((await sibling.Outcome.ConfigureAwait(false)).Result is null)
                    return new ComponentResult(planned, ComponentState.Skipped) { Needed = name };
            }
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
        finally
        {
            work.Images.Close();
        }
    }

    /// <summary>
    /// Waits until at least one platform has the images that it needs. A component that could only wait takes no place.
    /// </summary>
    /// <exception cref="SiblingNotBuiltException">An image that it needs was not built.</exception>
    private static async Task FirstImagesAsync(Work work)
    {
        if (work.Needed.Count == 0)
            return;
        await Task.WhenAny(work.Component.Platforms.Select(platform => Task.WhenAll((platform.Node.Build?.Siblings ?? [])
            .Select(each => work.Needed[each.Sibling].Images.FindAsync(each.Need.Platform))))).ConfigureAwait(false);
        foreach (var (name, sibling) in work.Needed)
        {
            if (sibling.Outcome.IsCompleted && (await sibling.Outcome.ConfigureAwait(false)).Result is null)
                throw new SiblingNotBuiltException(name);
        }
    }
}

/// <summary>The system refuses a file.</summary>
internal sealed class DiskException(Exception why) : ManifoldException(why.Message, why)
{
    public override int ExitCode => 1;
}
