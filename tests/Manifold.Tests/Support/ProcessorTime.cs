using System.Runtime.InteropServices;

namespace Manifold.Tests.Support;

/// <summary>The time that a processor works for a piece of code. Unlike the time that passes meanwhile, it does not depend on what else the machine does.</summary>
internal static partial class ProcessorTime
{
    private const int OfThisThread = 3; // CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)

    /// <param name="work">Runs on this thread alone.</param>
    public static TimeSpan Of(Action work)
    {
        var begin = Now();
        work();
        return Now() - begin;
    }

    private static TimeSpan Now()
    {
        Assert.Equal(0, GetTime(OfThisThread, out var time));
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    private readonly record struct Time(long Seconds, long Nanoseconds);
}
