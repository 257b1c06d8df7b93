using System.Diagnostics;
using System.Globalization;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Bench;

/// <summary>
/// The claim: finding a layer's diff id costs about as little as hashing its bytes, so every step can afford one and blobs are made for
/// publication only.
/// </summary>
internal static class LayerHashing
{
    private const int Files = 4000, FileBytes = 16 * 1024, Rounds = 7;

    /// <summary>Prints the median of several rounds over 64 MB of small files in memory.</summary>
    public static void Run(TextWriter output)
    {
        var content = new byte[FileBytes];
        new Random(1).NextBytes(content);
        var entries = Enumerable.Range(0, Files).Select(number => new LayerEntry
        {
            Path = string.Create(CultureInfo.InvariantCulture, $"file-{number}"),
            Kind = EntryKind.File,
            Size = FileBytes,
            Open = () => new MemoryStream(content, writable: false),
        }).ToList();
        var writer = new LayerWriter(new FileTime(0));
        var seconds = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            writer.Hash(entries);
            seconds[round] = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        Array.Sort(seconds);
        var median = seconds[Rounds / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"layer hashing: {Files}"
            + $" files of {FileBytes} bytes, median {median:0.000} s, {(long)Files * FileBytes / median / 1e6:0} MB/s"));
    }
}
