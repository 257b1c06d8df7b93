using System.Globalization;

namespace Manifold.Linux;

/// <summary>The memory that programs can still take without others being swapped out.</summary>
internal static class FreeMemory
{
    private const string Group = "/sys/fs/cgroup/";

    /// <summary>The bytes that the kernel calls available; in a container with a limit, no more than the rest of its limit.</summary>
    /// <returns><see cref="long.MaxValue"/> where the kernel does not say.</returns>
    public static long Bytes => Math.Min(OfMachine() ?? long.MaxValue, OfGroup() ?? long.MaxValue);

    private static long? OfMachine() => Field("/proc/meminfo", "MemAvailable:") is { } kibibytes ? kibibytes * 1024 : null;

    // Files that were read count as used, but the kernel drops those that are not in use first.
    private static long? OfGroup() => Number(Text("memory.max")) is { } limit && Number(Text("memory.current")) is { } used
        ? limit - used + (Field(Group + "memory.stat", "inactive_file") ?? 0) : null;

    private static string? Text(string name) => Lines(Group + name).FirstOrDefault();

    private static long? Field(string path, string name) => Lines(path)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length > 1 && words[0] == name).Select(words => Number(words[1])).FirstOrDefault();

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

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
