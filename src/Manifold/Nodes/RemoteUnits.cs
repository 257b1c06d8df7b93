using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Planning;

namespace Manifold.Nodes;

/// <summary>Runs the units of one image, each on the machine that the pool chooses.</summary>
/// <remarks>
/// <code>
/// a unit   1  waits for a place
///          2  runs here, or on a node
///          3  a node that is gone, or that lacks something: the unit looks for another place
/// </code>
/// </remarks>
internal sealed class RemoteUnits(NodeHost host, BuildSession session, Action<BuildEvent> on) : IUnitRunner
{
    private readonly LocalUnits local = new(session, e => on(e with { NodeName = NodeHost.Here }));

    public Task RequireAsync(IEnumerable<Step> steps)
    {
        host.Pool.Require(NodeHost.RunsOf(steps));
        return Task.CompletedTask;
    }

    public async Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation)
    {
        var need = new PlaceNeed(NodeHost.RunsOf(unit.Image.Steps))
        {
            Unit = $"{unit.Request.Component} {unit.Request.Platform}",
        };
        ManifoldException? unfit = null;
        while (true)
        {
            // 1
            var began = host.Time.GetTimestamp();
            using var place = await EnterAsync(need, unfit, cancellation).ConfigureAwait(false);
            var waited = host.Time.GetElapsedTime(began);
            on(new UnitPlaced(unit.Request.Platform, place.Machine.Name, place.Machine.Facts.Platform, place.Why)
            {
                Time = host.Time.GetUtcNow(),
            });
            // 2
            if (place.Node is not { } node)
            {
                await local.RequireAsync(unit.Image.Steps).ConfigureAwait(false);
                var made = await local.RunAsync(unit, cancellation).ConfigureAwait(false);
                Return(unit, place, new UnitTraffic(0, 0, waited, TimeSpan.Zero), null);
                return made;
            }
            var travel = new UnitTravel(host, node, unit, session, on);
            try
            {
                var result = await travel.RunAsync(cancellation).ConfigureAwait(false);
                Return(unit, place, travel.Traffic(waited), null);
                return result;
            }
            // 3
            catch (ManifoldException e) when (e is NodeLostException or NodeUnfitException or NodeRefusedException
                && !cancellation.IsCancellationRequested)
            {
                if (e is NodeLostException)
                    host.Pool.Lose(node);
                (need, unfit) = (need with { Unfit = need.Unfit.Add(node.Name) }, e);
                Return(unit, place, travel.Traffic(waited), e.Message);
                host.Warn(on, $"{e.Message.TrimEnd('.')}. The work on {unit.Request.Platform} starts again on another machine.");
            }
        }
    }

    /// <exception cref="ManifoldException">No machine is left: the reason of the last one, if there was one.</exception>
    private async Task<NodePlace> EnterAsync(PlaceNeed need, ManifoldException? unfit, CancellationToken cancellation)
    {
        try
        {
            return await host.Pool.EnterAsync(need, cancellation).ConfigureAwait(false);
        }
        catch (HostNotReadyException) when (unfit is not null)
        {
            throw unfit;
        }
    }

    private void Return(Unit unit, NodePlace place, UnitTraffic traffic, string? lost) =>
        on(new UnitReturned(unit.Request.Platform, place.Machine.Name, traffic) { Time = host.Time.GetUtcNow(), Lost = lost });

    public ValueTask DisposeAsync() => local.DisposeAsync();
}
