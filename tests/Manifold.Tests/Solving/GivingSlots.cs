using Manifold.Solving.Steps;

namespace Manifold.Tests.Solving;

/// <summary>RUNs queue for slots. Their processor times are made up, and the clock is a test's own.</summary>
public sealed class GivingSlots
{
    private readonly Clock time = new();
    private readonly Dictionary<RunSlot, TimeSpan> used = [];
    private readonly HashSet<RunSlot> starved = [];

    [Fact]
    public async Task six_that_only_wait_are_under_way_at_once()
    {
        var slots = Slots(jobs: 2);
        var runs = Enumerable.Range(0, 6).Select(_ => slots.EnterAsync(() => { }, TestContext.Current.CancellationToken)).ToList();
        foreach (var expected in new[] { 2, 4, 6 })
        {
            Assert.Equal(expected, slots.Count);
            await Eventually.Is(() => runs.Count(run => run.IsCompletedSuccessfully) == expected);
            foreach (var run in runs.Where(run => run.IsCompletedSuccessfully))
                Starts(await run);
            Measure(slots, busy: []);
        }
    }

    [Fact]
    public async Task while_one_queues_the_others_are_measured_every_now_and_then()
    {
        var ticking = new ManualTime();
        var slots = new RunSlots(1, 16, ticking, () => true);
        var measured = 0;
        var first = await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        first.MeasureWith(() =>
        {
            Interlocked.Increment(ref measured);
            return (TimeSpan.Zero, false);
        });
        Assert.Equal(0, measured);
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        for (var i = 1; !second.IsCompletedSuccessfully; i++)
        {
            Assert.InRange(i, 1, 10);
            await Eventually.Is(() => ticking.HasAlarm || second.IsCompletedSuccessfully);
            ticking.Advance(RunSlots.Pause);
            await Eventually.Is(() => Volatile.Read(ref measured) >= i || second.IsCompletedSuccessfully);
        }
        Assert.InRange(measured, 4, 10);
    }

    [Fact]
    public async Task those_that_compute_keep_theirs()
    {
        var slots = Slots(jobs: 2);
        RunSlot[] busy =
        [
            await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken),
            await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken),
        ];
        foreach (var each in busy)
            Starts(each);
        var third = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy);
        Measure(slots, busy);
        Assert.Equal(2, slots.Count);

        busy[0].Dispose();
        Assert.True((await third).Waited);
    }

    [Fact]
    public async Task one_that_gets_no_processor_on_a_busy_machine_is_busy()
    {
        var slots = Slots(jobs: 1);
        var first = Starts(await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken));
        starved.Add(first);
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: []);
        Assert.Equal(1, slots.Count);

        starved.Clear();
        Measure(slots, busy: []);
        await second;
    }

    [Fact]
    public async Task one_that_goes_on_after_a_pause_is_busy_again()
    {
        var slots = Slots(jobs: 1);
        var first = Starts(await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken));
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: []);
        Starts(await second);
        first.Dispose();
        var third = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: [await second]);
        Assert.Equal(1, slots.Count);
        (await second).Dispose();
        await third;
    }

    [Fact]
    public async Task one_that_was_idle_counts_as_busy_until_it_is_measured_again()
    {
        var slots = Slots(jobs: 1);
        var first = Starts(await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken));
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: []);
        (await second).Dispose();
        time.Advance(TimeSpan.FromMinutes(1)); // nobody queues, so nobody measures

        var third = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: [first]);
        Assert.Equal(1, slots.Count);
        Assert.False(third.IsCompleted);
        Measure(slots, busy: []);
        await third;
    }

    [Fact]
    public async Task a_failed_wait_callback_leaves_the_queue()
    {
        var slots = RunSlots.Limited(1, time);
        var first = await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(() => slots.EnterAsync(() => throw new IOException(), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(() => slots.EnterAsync(() =>
        {
            first.Dispose();
            throw new IOException();
        }, TestContext.Current.CancellationToken));
        Assert.Equal(0, slots.Count);
        await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task a_limit_of_the_user_counts_those_that_wait_as_well()
    {
        var slots = RunSlots.Limited(1, time);
        Starts(await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken));
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: []);
        Assert.Equal(1, slots.Count);
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task where_memory_is_short_nobody_starts_beside_one_that_waits()
    {
        var slots = new RunSlots(1, 16, time, () => false);
        Starts(await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken));
        var second = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        Measure(slots, busy: []);
        Assert.Equal(1, slots.Count);
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task who_gives_up_leaves_the_queue()
    {
        var slots = RunSlots.Limited(1, time);
        var first = await slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var (told, second) = (0, Task.FromResult(first));
        second = slots.EnterAsync(() => told++, stop.Token);
        var third = slots.EnterAsync(() => { }, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, told);
        first.Dispose();
        await third;
    }

    private RunSlots Slots(int jobs) => new(jobs, 16, time, () => true);

    private RunSlot Starts(RunSlot slot)
    {
        lock (used)
        {
            if (used.TryAdd(slot, TimeSpan.Zero))
                slot.MeasureWith(() => (used[slot], starved.Contains(slot)));
        }
        return slot;
    }

    /// <summary>A clock whose timers never ring, so that only the test measures.</summary>
    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset now = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => now;

        public void Advance(TimeSpan time) => now += time;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Silent();

        private sealed class Silent : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    /// <summary>Enough samples to see who is busy.</summary>
    private void Measure(RunSlots slots, RunSlot[] busy)
    {
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            foreach (var slot in busy)
                used[slot] += TimeSpan.FromMilliseconds(90);
            slots.Measure();
        }
    }
}
