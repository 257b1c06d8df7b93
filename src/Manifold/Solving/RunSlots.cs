using Manifold.Linux;

namespace Manifold.Solving;

/// <summary>Decides how many RUNs are under way at a time. A RUN that only waits does not count.</summary>
/// <remarks>
/// <code>
/// 1  a RUN gets a slot at once where fewer than 'jobs' are busy; else it queues, first come, first served
/// 2  while one queues, every RUN under way is looked at: its processor time since a moment ago
/// 3  one that used almost none (it sleeps, downloads, or waits for a lock) is idle, and the next in the queue starts beside it
/// 4  an idle one that goes on works on; until others are done or idle, nobody new starts
/// </code>
/// Never more than 'most' are under way, and beyond 'jobs' only while memory is free. Thread-safe.
/// </remarks>
public sealed class RunSlots
{
    /// <summary>How often RUNs are looked at while one queues.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Less than this share of one processor over this many looks is idle.
    private const double IdleShare = 0.1;
    private const int Looks = 3;

    // What a compiler or a package manager takes. A RUN may begin to work only after it was taken for idle.
    private const long BytesForEach = 1L << 30;
    private const int LeastMost = 16, MostForEachJob = 4;

    private readonly int jobs, most;
    private readonly TimeProvider time;
    private readonly Func<bool> hasRoom;
    private readonly Lock gate = new();
    private readonly List<RunSlot> held = [];
    private readonly LinkedList<TaskCompletionSource<RunSlot>> queue = [];
    private bool watching;

    internal RunSlots(int jobs, int most, TimeProvider time, Func<bool> hasRoom) =>
        (this.jobs, this.most, this.time, this.hasRoom) = (Math.Max(1, jobs), Math.Max(1, most), time, hasRoom);

    /// <summary>Never more than so many, whatever they do: the user's own limit.</summary>
    public static RunSlots Limited(int jobs, TimeProvider time) => new(jobs, jobs, time, () => true);

    /// <summary>So many busy ones, and idle ones beside them.</summary>
    public static RunSlots OfMachine(int jobs, TimeProvider time) =>
        new(jobs, Math.Max(LeastMost, jobs * MostForEachJob), time, () => FreeMemory.Bytes > BytesForEach);

    /// <summary>Waits until one more RUN may work. Dispose the slot when the RUN is over.</summary>
    /// <param name="onWait">Called where there is no slot at once.</param>
    public async Task<RunSlot> EnterAsync(Action onWait, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<RunSlot>> place;
        lock (gate)
        {
            // While nobody queues, nobody looks, so a RUN that was idle then may work now.
            if (queue.Count == 0)
                held.ForEach(slot => slot.CountAsBusy());
            if (queue.Count == 0 && HasSlot())
                return Give(waited: false);
            place = queue.AddLast(new TaskCompletionSource<RunSlot>(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        try
        {
            onWait();
        }
        catch
        {
            Leave(place, CancellationToken.None);
            if (place.Value.Task.IsCompletedSuccessfully)
                (await place.Value.Task.ConfigureAwait(false)).Dispose(); // given meanwhile, and nobody else would return it
            throw;
        }
        Watch();
        using var registration = cancellation.Register(() => Leave(place, cancellation));
        return await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>How many are under way.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
                return held.Count;
        }
    }

    /// <summary>Looks at every RUN under way, and starts who may.</summary>
    internal void Look()
    {
        List<RunSlot> seen;
        lock (gate)
            seen = [.. held];
        foreach (var slot in seen)
            slot.Look(time.GetUtcNow(), IdleShare, Looks);
        lock (gate)
            GiveAll();
    }

    internal void Return(RunSlot slot)
    {
        lock (gate)
        {
            if (held.Remove(slot))
                GiveAll();
        }
    }

    private void Leave(LinkedListNode<TaskCompletionSource<RunSlot>> place, CancellationToken cancellation)
    {
        lock (gate)
        {
            if (place.List is not null)
                queue.Remove(place);
        }
        place.Value.TrySetCanceled(cancellation); // without effect where it has its slot
    }

    private bool HasSlot() => held.Count(slot => !slot.IsIdle) < jobs && held.Count < most && (held.Count < jobs || hasRoom());

    private RunSlot Give(bool waited)
    {
        var slot = new RunSlot(this) { Waited = waited };
        held.Add(slot);
        return slot;
    }

    private void GiveAll()
    {
        while (queue.First is { } next && HasSlot())
        {
            queue.RemoveFirst();
            next.Value.SetResult(Give(waited: true));
        }
    }

    private void Watch()
    {
        lock (gate)
        {
            if (watching || most <= jobs)
                return;
            watching = true;
        }
        _ = Task.Run(async () =>
        {
            while (true)
            {
                await Task.Delay(Pause, time).ConfigureAwait(false);
                lock (gate)
                {
                    if (queue.Count == 0)
                    {
                        watching = false;
                        return;
                    }
                }
                Look();
            }
        });
    }
}

/// <summary>The permission of one RUN to work, until it is disposed.</summary>
public sealed class RunSlot : IDisposable
{
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(1);

    private readonly RunSlots owner;
    private readonly Queue<(DateTimeOffset At, TimeSpan Used)> looks = new();
    private volatile Func<(TimeSpan Used, bool IsRunnable)?>? meter;
    private volatile bool isIdle;

    internal RunSlot(RunSlots owner) => this.owner = owner;

    /// <summary>Whether there was no slot at once.</summary>
    public bool Waited { get; init; }

    /// <summary>Whether the RUN only waits.</summary>
    internal bool IsIdle => isIdle;

    /// <summary>From now on the slot knows the processor time of its RUN. Without a meter, or where it gives null, a RUN counts as busy.
    /// So does one that waits for a processor: on a busy machine it may get little.</summary>
    public void Measure(Func<(TimeSpan Used, bool IsRunnable)?> usage) => meter = usage;

    internal void CountAsBusy() => isIdle = false;

    internal void Look(DateTimeOffset now, double idleShare, int enough)
    {
        if (meter?.Invoke() is not (var used, false))
        {
            looks.Clear();
            isIdle = false;
            return;
        }
        // Nobody queued meanwhile, so nobody looked; or a process ended between two files of /proc, and its time is not counted yet.
        if (looks.Count > 0 && (now - looks.Last().At > Stale || used < looks.Last().Used))
            looks.Clear();
        looks.Enqueue((now, used));
        while (looks.Count > enough + 1)
            looks.Dequeue();
        var first = looks.Peek();
        isIdle = looks.Count > enough && used - first.Used < (now - first.At) * idleShare;
    }

    public void Dispose() => owner.Return(this);
}
