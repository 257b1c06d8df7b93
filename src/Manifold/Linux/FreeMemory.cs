using System.Globalization;

namespace Manifold.Linux;

/// <summary>The memory that programs can still take without others being swapped out.</summary>
internal static class FreeMemory
{
    private const string Group = "/sys/fs/cgroup/";

    /// <summary>The bytes that the kernel calls available; in a container with a limit, no more than the rest of its limit.</summary>
    /// <returns><see cref="long.MaxValue"/> where the kernel does not say.</returns>
    public static long Bytes => Math.Min(OfMachine() ?? long.MaxValue, OfGroup() ?? long.MaxValue);

    private static long? OfMachine() => Lines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)) is { } line
        && Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) is { } kibibytes ? kibibytes * 1024 : null;

    // Files that were read count as used, but the kernel drops those that are not in use first.
    private static long? OfGroup() => Number(Text("memory.max")) is { } limit && Number(Text("memory.current")) is { } used
        ? limit - used + (Lines(Group + "memory.stat").FirstOrDefault(line => line.StartsWith("inactive_file ", StringComparison.Ordinal)) is { } files
            ? Number(files.Split(' ')[1]) ?? 0 : 0)
        : null;

    private static string? Text(string name) => Lines(Group + name).FirstOrDefault();

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
