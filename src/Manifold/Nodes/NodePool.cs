using System.Collections.Immutable;
using System.Text;
using Manifold.Oci;

namespace Manifold.Nodes;

/// <summary>A machine that was chosen for a unit. Dispose it when the unit has ended there.</summary>
internal sealed class NodePlace(NodePool pool, PooledMachine machine, string why) : IDisposable
{
    private int released;

    /// <summary>The node; null for this machine.</summary>
    public Node? Node => machine.Node;

    public PlacementCandidate Machine => machine.Candidate;

    public string Why => why;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref released, 1) == 0)
            pool.Release(machine);
    }
}

/// <summary>The need of a unit for a place.</summary>
/// <param name="Runs">The platforms of its RUNs.</param>
internal sealed record PlaceNeed(IReadOnlyCollection<Platform> Runs)
{
    /// <summary>
    /// The name of the unit. Of equally loaded machines, it gets the same one each time, where its work is already known.
    /// </summary>
    public string Unit { get; init; } = "";

    /// <summary>The names of machines that turned out to lack something for this unit.</summary>
    public ImmutableHashSet<string> Unfit { get; init; } = [];
}

/// <summary>A machine of the pool, and the number of units that it has.</summary>
internal sealed class PooledMachine(PlacementCandidate candidate, Node? node)
{
    public PlacementCandidate Candidate => candidate;
    public Node? Node => node;
    public int Units { get; set; }
    public bool IsGone { get; set; }
}

/// <summary>The machines of a build: this one and the nodes. Gives each unit a place on the least loaded machine that fits.</summary>
/// <remarks>Units that find no free place wait in order. A node that is gone for good takes no more units. Thread-safe.</remarks>
internal sealed class NodePool(ImmutableArray<PooledMachine> machines, PlacementRules rules)
{
    private readonly Lock door = new();
    private readonly LinkedList<Waiter> waiting = [];

    private sealed record Waiter(PlaceNeed Need, TaskCompletionSource<NodePlace> Given);

    /// <summary>The number of units that the nodes take at a time.</summary>
    public int JobsElsewhere => machines.Where(machine => machine.Node is not null).Sum(machine => machine.Candidate.Jobs);

    /// <summary>Refuses RUNs that no machine can execute.</summary>
    /// <exception cref="HostNotReadyException">No machine can execute them.</exception>
    public void Require(IReadOnlyCollection<Platform> runs)
    {
        lock (door)
            _ = ChoiceFor(new PlaceNeed(runs));
    }

    /// <summary>The machines for RUNs of these platforms, and the reason.</summary>
    /// <exception cref="HostNotReadyException">No machine can execute them.</exception>
    public PlacementChoice Choose(IReadOnlyCollection<Platform> runs)
    {
        lock (door)
            return ChoiceFor(new PlaceNeed(runs));
    }

    /// <summary>Waits for a place.</summary>
    /// <exception cref="HostNotReadyException">No machine can execute the RUNs, or none is left.</exception>
    public async Task<NodePlace> EnterAsync(PlaceNeed need, CancellationToken cancellation)
    {
        LinkedListNode<Waiter> place;
        lock (door)
        {
            if (TryGive(need) is { } free)
                return free;
            place =
                waiting.AddLast(new Waiter(need, new TaskCompletionSource<NodePlace>(TaskCreationOptions.RunContinuationsAsynchronously)));
        }
        await using var registration = cancellation.Register(() =>
        {
            lock (door)
            {
                if (place.List is not null)
                    waiting.Remove(place);
                place.Value.Given.TrySetCanceled(cancellation);
            }
        });
        return await place.Value.Given.Task.ConfigureAwait(false);
    }

    /// <summary>Takes a node out that is gone for good. Its units look for other places.</summary>
    public void Lose(Node node)
    {
        lock (door)
        {
            foreach (var machine in machines.Where(machine => machine.Node == node))
                machine.IsGone = true;
            ServeWaiting();
        }
    }

    internal void Release(PooledMachine machine)
    {
        lock (door)
        {
            machine.Units--;
            ServeWaiting();
        }
    }

    private void ServeWaiting()
    {
        for (var next = waiting.First; next is not null;)
        {
            var (waiter, following) = (next, next.Next);
            try
            {
                if (TryGive(waiter.Value.Need) is { } place)
                {
                    waiting.Remove(waiter);
                    waiter.Value.Given.SetResult(place);
                }
            }
            catch (HostNotReadyException e)
            {
                waiting.Remove(waiter);
                waiter.Value.Given.SetException(e);
            }
            next = following;
        }
    }

    private NodePlace? TryGive(PlaceNeed need)
    {
        var choice = ChoiceFor(need);
        var best = machines.Where(machine => choice.Candidates.Contains(machine.Candidate) && machine.Units < machine.Candidate.Jobs)
            .OrderBy(machine => (double)machine.Units / machine.Candidate.Jobs)
            .ThenBy(machine => Digest.Of(Encoding.UTF8.GetBytes($"{need.Unit} {machine.Candidate.Name}"))).FirstOrDefault();
        if (best is null)
            return null;
        best.Units++;
        return new NodePlace(this, best, choice.Why);
    }

    private PlacementChoice ChoiceFor(PlaceNeed need)
    {
        ImmutableArray<PlacementCandidate> left =
            [.. machines.Where(machine => !machine.IsGone && !need.Unfit.Contains(machine.Candidate.Name))
                .Select(machine => machine.Candidate)];
        return Placement.Of(need.Runs, left, rules)
            ?? throw new HostNotReadyException(Placement.Explain(need.Runs, left, rules));
    }
}
