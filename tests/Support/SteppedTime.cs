namespace Manifold.Tests.Support;

/// <summary>The machine's clock, which a test moves on instead of waiting. Timers are the machine's.</summary>
public sealed class SteppedTime : TimeProvider
{
    private TimeSpan later;

    public void Step(TimeSpan time) => later += time;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + later;

    public override long GetTimestamp() => base.GetTimestamp() + (long)(later.TotalSeconds * TimestampFrequency);
}
