
namespace Manifold.Solving.Steps;

/// <summary>The permission for one RUN to run, until it is disposed.</summary>
internal sealed class RunSlot : IDisposable
{
    // A RUN that uses less than this share of one processor over this many intervals is idle.
    private const double IdleShare = 0.1;
    private const int Intervals = 3;

    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(1);

    private readonly RunSlots owner;
    private readonly Queue<(DateTimeOffset At, TimeSpan Used)> samples = new();
    private volatile Func<(TimeSpan Used, bool IsRunnable)?>? meter;
    private volatile bool isIdle;

    internal RunSlot(RunSlots owner) => this.owner = owner;

    /// <summary>Whether the RUN had to queue.</summary>
    public bool Waited { get; init; }

    /// <summary>Whether the RUN only waits.</summary>
    internal bool IsIdle => isIdle;

    /// <summary>
    /// Sets the meter of the RUN's processor time. Without a meter, or if it returns null, the RUN counts as busy. A RUN that
    /// waits for a processor also counts as busy: on a busy machine it gets little time, but it is not idle.
    /// </summary>
    public void MeasureWith(Func<(TimeSpan Used, bool IsRunnable)?> usage) => meter = usage;

    internal void MarkBusy() => isIdle = false;

    /// <summary>Reads the meter, and decides whether the RUN is idle.</summary>
    internal void Measure(DateTimeOffset now)
    {
        if (meter?.Invoke() is not (var used, false))
        {
            samples.Clear();
            isIdle = false;
            return;
        }
        // The last sample is old because nobody queued since, or a process ended between reads of /proc and its time is not counted yet.
        if (samples.Count > 0 && (now - samples.Last().At > Stale || used < samples.Last().Used))
            samples.Clear();
        samples.Enqueue((now, used));
        while (samples.Count > Intervals + 1)
            samples.Dequeue();
        var first = samples.Peek();
        isIdle = samples.Count > Intervals && used - first.Used < (now - first.At) * IdleShare;
    }

    public void Dispose() => owner.Return(this);
}
