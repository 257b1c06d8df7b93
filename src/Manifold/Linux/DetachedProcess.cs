using System.Diagnostics;

namespace Manifold.Linux;

/// <summary>Starts a program that goes on after we have ended.</summary>
internal static class DetachedProcess
{
    /// <summary>Starts a program and waits for its first line on standard output. After that line, it must print nothing.</summary>
    /// <returns>Null if the line is <paramref name="ready"/>; otherwise, what the program said.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static async Task<string?> StartAsync(
        string program, IEnumerable<string> arguments, string ready, CancellationToken cancellation)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
#pragma warning disable RS0030 // Linux/ is where programs are started
        process.Start();
#pragma warning restore RS0030
        process.StandardInput.Close();
        var line = await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false);
        if (line == ready)
            return null;
        var error = (await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false)).Trim();
        return error.Length > 0 ? error : line ?? "it ended without an error message";
    }
}
