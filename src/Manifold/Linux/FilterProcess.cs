using System.ComponentModel;
using System.Diagnostics;

namespace Manifold.Linux;

/// <summary>A stream seen through a program that reads its standard input and writes its standard output, such as <c>xz -dc</c>.</summary>
/// <remarks>
/// Disposing kills the program if it still runs, and disposes the source.
/// A failure of the program is an <see cref="InvalidDataException"/> with what it said.
/// </remarks>
internal sealed class FilterProcess : ReadOnlyStream
{
    private readonly Process process;
    private readonly Stream source;
    private readonly Task feeding;
    private readonly Task<string> error;

    private FilterProcess(Process process, Stream source)
    {
        (this.process, this.source) = (process, source);
        feeding = Task.Run(Feed);
        error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the program; null where it is not installed.</summary>
    public static FilterProcess? TryStart(string program, IEnumerable<string> arguments, Stream source)
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
        try
        {
#pragma warning disable RS0030 // processes are started in this folder only, and ChildProcess collects output instead of streaming it
            process.Start();
#pragma warning restore RS0030
        }
        catch (Win32Exception)
        {
            process.Dispose();
            return null;
        }
        return new FilterProcess(process, source);
    }

    public override int Read(Span<byte> buffer)
    {
        var count = process.StandardOutput.BaseStream.Read(buffer);
        if (count > 0 || buffer.IsEmpty)
            return count;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidDataException(
                $"{process.StartInfo.FileName} exited with code {process.ExitCode}: {error.GetAwaiter().GetResult().Trim()}");
        return 0;
    }

    private void Feed()
    {
        try
        {
            using var input = process.StandardInput.BaseStream;
            source.CopyTo(input);
        }
        catch (IOException)
        {
            // The program ended before its input; its exit code tells why.
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!process.HasExited)
                process.Kill();
            feeding.GetAwaiter().GetResult();
            process.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
