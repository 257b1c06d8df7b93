using System.Collections.Concurrent;
using Manifold.Building.Units;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Planning;

namespace Manifold.Building;

/// <summary>Runs units in this process. Units of one group share their steps.</summary>
internal sealed class LocalUnits(BuildSession session, Action<BuildEvent> on) : IUnitRunner
{
    private readonly SharedWork<UnitGroup, GroupBuild> opening = new();
    private readonly ConcurrentQueue<GroupBuild> opened = new();

    public Task RequireAsync(IEnumerable<Step> steps) => session.Host.RequireAsync(steps);

    public async Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation)
    {
        var group = await opening.GetAsync(unit.Group, stop => OpenAsync(unit.Group, stop), cancellation).ConfigureAwait(false);
        var image = await group.MakeAsync(unit.Image, cancellation).ConfigureAwait(false);
        return new UnitResult
        {
            Component = unit.Request.Component,
            Platform = image.Platform,
            Plan = unit.Request.Plan,
            Manifest = image.Manifest,
            Layers = [.. image.Layers.Select(layer => new UnitLayer(layer.DiffId, layer.Blob, layer.Step.Digest))],
        };
    }

    public ValueTask DisposeAsync()
    {
        foreach (var group in opened)
            group.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<GroupBuild> OpenAsync(UnitGroup group, CancellationToken cancellation)
    {
        var made = await session.OpenAsync(group, on, cancellation).ConfigureAwait(false);
        opened.Enqueue(made);
        return made;
    }
}
