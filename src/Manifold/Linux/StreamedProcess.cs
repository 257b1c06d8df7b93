using System.Diagnostics;

namespace Manifold.Linux;

/// <summary>
/// A program whose output is read while it runs. It inherits the mounts and the working folder of the thread that starts it.
/// </summary>
/// <remarks>Its environment is <c>PATH</c> and nothing else; its standard input is empty. Owned: dispose it when it has ended.</remarks>
internal sealed class StreamedProcess : IDisposable
{
    private readonly Process process;

    private StreamedProcess(Process process) => this.process = process;

    public int Id => process.Id;
    public bool HasEnded => process.HasExited;
    public Stream Output => process.StandardOutput.BaseStream;
    public Stream Error => process.StandardError.BaseStream;

    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static StreamedProcess Start(string program, IEnumerable<string> arguments)
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
        process.StartInfo.Environment.Clear();
        process.StartInfo.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
#pragma warning disable RS0030 // Linux/ is where programs are started
        process.Start();
#pragma warning restore RS0030
        process.StandardInput.Close();
        return new StreamedProcess(process);
    }

    /// <summary>Sends SIGKILL. A process that has ended already is no error.</summary>
    public void Kill()
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It had ended already.
        }
    }

    /// <summary>
    /// Blocks until the end and returns the exit code; on the thread that started it, whose end would kill a child that asked for it.
    /// </summary>
    public int WaitForExit()
    {
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Dispose() => process.Dispose();
}
