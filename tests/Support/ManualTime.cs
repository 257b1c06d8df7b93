namespace Manifold.Tests.Support;

/// <summary>A clock that goes on only when a test says so: how busy the machine is makes no difference to it.</summary>
/// <param name="hurry">Waits up to this length are over at once, and move the clock by their length.
/// Longer ones end when the clock passes them.</param>
public sealed class ManualTime(TimeSpan hurry = default) : TimeProvider
{
    private readonly Lock alone = new();
    private readonly List<Alarm> alarms = [];
    private readonly List<TimeSpan> waits = [];
    private DateTimeOffset now = new(2026, 1, 26, 2, 38, 21, TimeSpan.Zero);

    /// <summary>Whether somebody waits for the clock to pass a time.</summary>
    public bool HasAlarm
    {
        get
        {
            lock (alone)
                return alarms.Count > 0;
        }
    }

    /// <summary>The waits that were over at once, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (alone)
                return [.. waits];
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override DateTimeOffset GetUtcNow()
    {
        lock (alone)
            return now;
    }

    /// <summary>Moves the clock, and ends the waits that it passes.</summary>
    public void Advance(TimeSpan time)
    {
        List<Alarm> due;
        lock (alone)
        {
            now += time;
            due = [.. alarms.Where(alarm => alarm.At <= now)];
            due.ForEach(alarm => alarms.Remove(alarm));
        }
        due.ForEach(alarm => alarm.Ring());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    private bool Set(Alarm alarm, TimeSpan dueTime)
    {
        lock (alone)
        {
            alarms.Remove(alarm);
            if (dueTime == Timeout.InfiniteTimeSpan)
                return false;
            alarm.At = now + dueTime;
            if (dueTime > hurry)
            {
                alarms.Add(alarm);
                return false;
            }
            if (dueTime > TimeSpan.Zero)
                waits.Add(dueTime);
            now += dueTime;
            return true;
        }
    }

    private sealed class Alarm(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset At { get; set; }

        public void Ring() => ThreadPool.QueueUserWorkItem(_ => callback(state));

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (time.Set(this, dueTime))
                Ring();
            return true;
        }

        public void Dispose() => time.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
