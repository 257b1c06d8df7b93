using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Manifold.Tests.Support;

/// <summary>The processor time that a piece of work costs its thread: other tests and a busy machine do not count.</summary>
internal static partial class ProcessorTime
{
    /// <summary>The least of a few runs on the calling thread.</summary>
    public static TimeSpan Of(Action work, int runs = 1)
    {
        var least = TimeSpan.MaxValue;
        for (var run = 0; run < runs; run++)
        {
            var before = Now();
            work();
            var spent = Now() - before;
            least = spent < least ? spent : least;
        }
        return least;
    }

    private static TimeSpan Now()
    {
        const int thread = 3; // CLOCK_THREAD_CPUTIME_ID
        return GetTime(thread, out var time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / 100)
            : throw new UnreachableException();
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    private struct Time
    {
        internal long Seconds, Nanoseconds;
    }
}

/// <summary>Tests that measure the memory of the whole process: nothing else runs at the same time.</summary>
[CollectionDefinition(nameof(MeasuringMemory), DisableParallelization = true)]
public sealed class MeasuringMemory;
