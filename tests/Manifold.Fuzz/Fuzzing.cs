using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Fuzz;

/// <summary>Reads damaged files until the time is over, and tells of the first that is not read as it should be.</summary>
public static class Fuzzing
{
    /// <summary>One file may take this long; thousands of times what an ordinary one takes, so that a busy machine does not matter.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <param name="Failure">Null where all went well.</param>
    public sealed record Outcome(int Files, TimeSpan Longest, byte[]? Culprit, string? Failure);

    public static Outcome Run(ImmutableArray<byte[]> corpus, int seed, TimeSpan time)
    {
        var mutations = new Mutations(corpus, seed);
        var (files, longest, begin) = (0, TimeSpan.Zero, TimeProvider.System.GetTimestamp());
        for (; TimeProvider.System.GetElapsedTime(begin) < time; files++)
        {
            var file = mutations.Next();
            var (failure, took) = Read(file);
            if (failure is not null)
                return new Outcome(files, took, file, failure);
            longest = took > longest ? took : longest;
        }
        return new Outcome(files, longest, null, null);
    }

    /// <summary>What is wrong with how a file is read, or null; and how long it took. What hangs is given up after <see cref="Bound"/>.</summary>
    public static (string? Failure, TimeSpan Took) Read(byte[] file)
    {
        var begin = TimeProvider.System.GetTimestamp();
        string? failure = null;
        // A thread of its own, so that one that hangs can be told of.
        var reader = new Thread(() => failure = FailureOf(file), maxStackSize: 1024 * 1024) { IsBackground = true };
        reader.Start();
        if (!reader.Join(Bound))
            failure = string.Create(CultureInfo.InvariantCulture, $"It is not read within {Bound.TotalSeconds} s.");
        return (failure, TimeProvider.System.GetElapsedTime(begin));
    }

#pragma warning disable CA1031 // whatever is thrown is what is looked for
    private static string? FailureOf(byte[] file)
    {
        try
        {
            Target.Read(file);
            return null;
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }
#pragma warning restore CA1031
}
