using System.Collections.Concurrent;
using Manifold.Oci;

namespace Manifold.Solving.Steps;

/// <summary>Keeps builds that run at once from doing the same work twice, and from starting more of it than the machine bears.</summary>
/// <remarks>Thread-safe; shared by the builds of one run.</remarks>
/// <param name="slots">How many RUNs work at a time.</param>
internal sealed class StepGate(RunSlots slots)
{
    private readonly Turns<Digest> turns = new();
    private readonly ConcurrentDictionary<Digest, bool> done = new();

    /// <summary>Waits until nobody else works on this key; who comes second finds the first one's record.</summary>
    public Task<IDisposable> TurnAsync(Digest key, CancellationToken cancellation) => turns.EnterAsync(key, cancellation);

    /// <summary>Waits until one more RUN may work.</summary>
    /// <param name="onWait">Called where it has to wait.</param>
    public Task<RunSlot> SlotAsync(Action onWait, CancellationToken cancellation) => slots.EnterAsync(onWait, cancellation);

    /// <summary>The work of this key was done in this run: even who wants no cache need not do it again.</summary>
    public void NoteDone(Digest key) => done[key] = true;

    public bool IsDone(Digest key) => done.ContainsKey(key);
}
