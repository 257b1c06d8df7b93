using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Manifold.Linux;

/// <summary>The processes of this machine, as /proc shows them.</summary>
internal static partial class RunningProcesses
{
    private const int SigKill = 9;

    /// <summary>
    /// Kills every process whose command line has one of the texts: its words, separated by spaces.
    /// Returns when they have ended.
    /// </summary>
    public static void KillThoseSaying(ImmutableArray<string> texts)
    {
        var killed = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId
                && CommandLine(process) is var line && texts.Any(text => line.Contains(text, StringComparison.Ordinal)))
            {
                _ = Kill(id, SigKill); // it may have ended meanwhile
                killed.Add(process);
            }
        }
        // A dying process has no command line any more; a moment is enough for the kernel.
        for (var attempt = 0; attempt < 200 && killed.Any(process => CommandLine(process).Length > 0); attempt++)
            Thread.Sleep(5);
    }

    /// <summary>Kills processes by their numbers, as the kernel lists them.</summary>
    public static void KillAll(IEnumerable<string> ids)
    {
        foreach (var text in ids)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 1 && id != Environment.ProcessId)
                _ = Kill(id, SigKill);
        }
    }

    /// <summary>The paths of the programs that processes of this user execute.</summary>
    public static ImmutableHashSet<string> Programs() => [.. Directory.EnumerateDirectories("/proc")
        .Where(process => int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Select(ProgramOf).OfType<string>()];

    private static string? ProgramOf(string process)
    {
        try
        {
            return File.ResolveLinkTarget(Path.Combine(process, "exe"), returnFinalTarget: false)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended, or is somebody else's
        }
    }

    private static string CommandLine(string process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(process, "cmdline"))).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
