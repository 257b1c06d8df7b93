using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Fuzz;

/// <summary>Reads damaged files until the time is over, and tells of the first that is not read as it should be.</summary>
public static class Fuzzing
{
    /// <summary>
    /// One file may take so much of a processor's time: thousands of times what an ordinary one takes. How busy the machine is does not
    /// matter.
    /// </summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <param name="Failure">Null where all went well.</param>
    public sealed record Outcome(int Files, TimeSpan Longest, byte[]? Culprit, string? Failure);

    /// <param name="target">What reads the files; the Dockerfiles' own where it is null.</param>
    public static Outcome Run(ImmutableArray<byte[]> corpus, int seed, TimeSpan time, FuzzTarget? target = null)
    {
        var mutations = new Mutations(corpus, seed, target?.Pieces);
        var (files, longest, begin) = (0, TimeSpan.Zero, TimeProvider.System.GetTimestamp());
        for (; TimeProvider.System.GetElapsedTime(begin) < time; files++)
        {
            var file = mutations.Next();
            var (failure, took) = Read(file, target);
            if (failure is not null)
                return new Outcome(files, took, file, failure);
            longest = took > longest ? took : longest;
        }
        return new Outcome(files, longest, null, null);
    }

    /// <summary>
    /// What is wrong with how a file is read, or null; and the processor time that it took. What hangs is given up after
    /// <see cref="Bound"/>.
    /// </summary>
    public static (string? Failure, TimeSpan Took) Read(byte[] file, FuzzTarget? target = null)
    {
        var (failure, task, took) = ((string?)null, (string?)null, TimeSpan.Zero);
        // A thread of its own, so that one that hangs can be told of.
        var reader = new Thread(() =>
        {
            Volatile.Write(ref task, "/proc/" + new FileInfo("/proc/thread-self").LinkTarget);
            failure = FailureOf(file, target ?? FuzzTarget.Dockerfiles);
            took = ProcessorTime(task!);
        }, maxStackSize: 1024 * 1024)
        {
            IsBackground = true,
        };
        reader.Start();
        while (!reader.Join(millisecondsTimeout: 100))
            if (Volatile.Read(ref task) is { } running && ProcessorTime(running) > Bound)
                return (string.Create(CultureInfo.InvariantCulture, $"It is not read within {Bound.TotalSeconds} s."), Bound);
        return (failure, took);
    }

    /// <summary>
    /// What a thread has used up, in hundredths of a second (proc(5): utime and stime). One that has ended used no more than it said
    /// itself.
    /// </summary>
    private static TimeSpan ProcessorTime(string task)
    {
        try
        {
            var fields = File.ReadAllText(task + "/stat");
            var afterName = fields[(fields.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromMilliseconds(
                10 * (long.Parse(afterName[11], CultureInfo.InvariantCulture) + long.Parse(afterName[12], CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }

#pragma warning disable CA1031 // whatever is thrown is what is looked for
    private static string? FailureOf(byte[] file, FuzzTarget target)
    {
        try
        {
            target.Read(file);
            return null;
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }
#pragma warning restore CA1031
}
