namespace Manifold.EndToEnd.Support;

/// <summary>
/// The machine's clock, by which every wait takes many times as long. Where writers have nothing but a short wait to notice each other, a
/// busy machine needs a longer one.
/// </summary>
public sealed class PatientTime(int times) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime * times : dueTime, period);
}
