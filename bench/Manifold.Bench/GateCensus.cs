using System.Diagnostics;
using System.Globalization;
using Manifold.Layers;
using Manifold.Verification;

namespace Manifold.Bench;

/// <summary>
/// The claim: the gate inspects a layer at a small part of the cost of hashing it, because it reads only the start of each file.
/// </summary>
internal static class GateCensus
{
    private const int Files = 4000, FileBytes = 16 * 1024, Rounds = 7;

    /// <summary>Prints the median of several rounds over 64 MB of files on disk, every tenth of them a real program's begin.</summary>
    public static void Run(TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("manifold-bench-");
        try
        {
            Fill(folder.FullName);
            var entries = new FolderReader(folder.FullName).Entries().ToList();
            var seconds = new double[Rounds];
            for (var round = 0; round < Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                LayerCensus.Of(entries);
                seconds[round] = Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
            Array.Sort(seconds);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"gate census: {Files}"
                + $" files of {FileBytes} bytes, median {seconds[Rounds / 2]:0.000} s, {seconds[Rounds / 2] / Files * 1e6:0} µs a file"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Fill(string folder)
    {
        var text = new byte[FileBytes];
        var program = File.ReadAllBytes("/bin/true").Take(FileBytes).ToArray();
        for (var i = 0; i < Files; i++)
            File.WriteAllBytes(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), i % 10 == 0 ? program : text);
    }
}
