using System.ComponentModel;
using System.Diagnostics;

namespace Manifold.Linux;

/// <summary>
/// A program that lives for as long as we hold it: it is to end when its standard input does, and so it ends however we do.
/// </summary>
internal sealed class HeldProcess : IDisposable
{
    private readonly Process process;

    private HeldProcess(Process process) => this.process = process;

    /// <summary>Starts a program in a folder and waits for its first line; null where it is not installed.</summary>
    /// <returns>The process, and what it complained of where it ended instead.</returns>
    public static async Task<(HeldProcess Process, string? Failure)?> StartAsync(
        string program, IEnumerable<string> arguments, string folder, CancellationToken cancellation)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder,
            },
        };
        try
        {
#pragma warning disable RS0030 // Linux/ is where programs are started
            process.Start();
#pragma warning restore RS0030
        }
        catch (Win32Exception)
        {
            process.Dispose();
            return null;
        }
        var held = new HeldProcess(process);
        try
        {
            if (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is not null)
                return (held, null);
            return (held, (await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false)).Trim());
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(5)))
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
