using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Manifold.Linux;

/// <summary>The processes of this machine, as /proc shows them.</summary>
internal static partial class RunningProcesses
{
    private const int SigKill = 9;

    /// <summary>Kills every process whose command line has <paramref name="words"/>, separated by spaces.</summary>
    public static void KillThoseSaying(string words)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId
                && CommandLine(process).Contains(words, StringComparison.Ordinal))
                _ = Kill(id, SigKill); // it may have ended meanwhile
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
