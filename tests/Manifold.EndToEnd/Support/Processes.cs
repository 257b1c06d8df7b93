using System.Diagnostics;

namespace Manifold.EndToEnd.Support;

/// <summary>Programs that a test started, and what became of them.</summary>
internal static class Processes
{
    /// <summary>The command lines of all processes that sleep so many seconds: a number that only the test has.</summary>
    public static string[] Sleeping(string seconds) =>
    [
        .. Process.GetProcesses().Select(process => CommandLine(process.Id))
            .Where(line => line.Contains("sleep\0" + seconds, StringComparison.Ordinal)),
    ];

    /// <summary>Reads what a process says until a line ends like this.</summary>
    public static async Task Says(StreamReader output, string end)
    {
        while (await Eventually.Ends(output.ReadLineAsync()) is var line && line?.EndsWith(end, StringComparison.Ordinal) is not true)
            Assert.True(line is not null, $"The program ended without a line '…{end}'.");
    }

    /// <summary>
    /// The processes that use a folder: their command line names it, or they hold a file of it, or have a mount below it.
    /// </summary>
    public static IEnumerable<int> Using(string folder) => Process.GetProcesses().Select(process => process.Id)
        .Where(id => id != Environment.ProcessId && (CommandLine(id).Contains(folder, StringComparison.Ordinal)
            || Text(id, "mountinfo").Contains(folder, StringComparison.Ordinal)
            || Files(id).Any(file => file.StartsWith(folder, StringComparison.Ordinal))));

    private static string CommandLine(int process) => Text(process, "cmdline");

    private static string Text(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // it has ended
        }
    }

    private static string[] Files(int process)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget).OfType<string>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
