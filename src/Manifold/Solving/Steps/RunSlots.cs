using Manifold.Linux;

namespace Manifold.Solving.Steps;

/// <summary>Limits how many RUNs run at a time. A RUN that only waits does not count.</summary>
/// <remarks>
/// <code>
/// 1  a RUN gets a slot at once if fewer than 'jobs' are busy; otherwise it queues, first come, first served
/// 2  while a RUN queues, the processor time of every running RUN is measured
/// 3  a RUN that uses almost none (it sleeps, downloads, or waits for a lock) is idle, and the next in the queue starts
/// 4  an idle RUN may become busy again; it is not stopped, but no other RUN starts until enough are finished or idle
/// </code>
/// Never more than 'most' run at a time, and more than 'jobs' only while memory is free. Thread-safe.
/// </remarks>
internal sealed class RunSlots
{
    /// <summary>How often RUNs are measured while one queues.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // A compiler or a package manager needs about this much, and a RUN that is idle now may start one later.
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

    /// <summary>Never more than this number, idle or not: the limit that the user set.</summary>
    public static RunSlots Limited(int jobs, TimeProvider time) => new(jobs, jobs, time, () => true);

    /// <summary>At most this number of busy RUNs, and idle RUNs in addition.</summary>
    public static RunSlots OfMachine(int jobs, TimeProvider time) =>
        new(jobs, Math.Max(LeastMost, jobs * MostForEachJob), time, () => FreeMemory.Bytes > BytesForEach);

    /// <summary>Waits until one more RUN may start. Dispose the slot when the RUN ends.</summary>
    /// <param name="onWait">Called if no slot is free at once.</param>
    public async Task<RunSlot> EnterAsync(Action onWait, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource<RunSlot>> place;
        lock (gate)
        {
            // RUNs are measured only while one queues, so one that was idle the last time may be busy now.
            if (queue.Count == 0)
                held.ForEach(slot => slot.MarkBusy());
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
                (await place.Value.Task.ConfigureAwait(false)).Dispose(); // given meanwhile; nobody else would return it
            throw;
        }
        Watch();
        using var registration = cancellation.Register(() => Leave(place, cancellation));
        return await place.Value.Task.ConfigureAwait(false);
    }

    /// <summary>The number of slots in use.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
                return held.Count;
        }
    }

    /// <summary>Measures every RUN that runs, and gives slots to the queue.</summary>
    internal void Measure()
    {
        List<RunSlot> running;
        lock (gate)
            running = [.. held];
        foreach (var slot in running)
            slot.Measure(time.GetUtcNow());
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
        place.Value.TrySetCanceled(cancellation); // does nothing if it has its slot already
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
                Measure();
            }
        });
    }
}
