using System.Collections.Immutable;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;

namespace Manifold.Linux;

/// <summary>A program that we talk to through its standard input and output while it runs.</summary>
/// <remarks>
/// Three threads of its own serve the pipes, because .NET blocks a thread of the pool for each pending read and write of a pipe.
/// Reading and writing at the same time is fine. Ctrl-C in the terminal doesn't reach the program: we decide when it ends.
/// If we are killed, its standard input ends. Owned: disposing it kills the program.
/// </remarks>
internal sealed class PipedProcess : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024, ErrorCharacters = 8 * 1024;

    private readonly Process process;
    private readonly Pipe input = new(new PipeOptions(pauseWriterThreshold: 4 * BufferBytes, resumeWriterThreshold: BufferBytes));
    private readonly Pipe output = new(new PipeOptions(pauseWriterThreshold: 4 * BufferBytes, resumeWriterThreshold: BufferBytes));
    private readonly TaskCompletionSource errorEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock errorLock = new();
    private readonly StringBuilder error = new();

    private PipedProcess(Process process)
    {
        this.process = process;
        Input = input.Writer.AsStream();
        Output = output.Reader.AsStream();
        Exit = WaitAsync();
        Serve(WriteInput, "input");
        Serve(ReadOutput, "output");
        Serve(ReadError, "error");
    }

    public int Id => process.Id;

    /// <summary>Its standard input. Closing it ends the input, after all that was written.</summary>
    /// <remarks>If the program has closed its input, writing succeeds and the bytes are lost.</remarks>
    public Stream Input { get; }

    /// <summary>Its standard output. A read returns as soon as there is something.</summary>
    public Stream Output { get; }

    /// <summary>The exit code, after the program has ended.</summary>
    public Task<int> Exit { get; }

    /// <summary>The end of what it printed to standard error so far, at most some thousand characters.</summary>
    public string ErrorTail
    {
        get
        {
            lock (errorLock)
                return error.ToString();
        }
    }

    /// <summary>Starts a command as the user who called us would.</summary>
    /// <param name="command">The first word is a program, and so is shown to the shell as it is.</param>
    /// <param name="arguments">More words, not interpreted by any shell.</param>
    /// <param name="environment">Variables to set in addition to ours.</param>
    /// <param name="needsTerminal">Whether it can ask something in the terminal.</param>
    public static PipedProcess Start(
        string command, IEnumerable<string> arguments, ImmutableSortedDictionary<string, string> environment, bool needsTerminal)
    {
        // Signals that are ignored stay ignored by the program that a shell becomes, unless the program changes that, as a session of ssh
        // that shares a connection does. A session of its own has no terminal, and gets no signals from one.
        var alone = needsTerminal ? "" : $"command -v setsid >/dev/null && exec setsid {command} \"$@\"; ";
        var words = UserNamespaceEntry.AsCaller(["sh", "-c", $"trap '' INT QUIT; {alone}exec {command} \"$@\"", "sh", .. arguments]);
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(words[0], words.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
#pragma warning disable RS0030 // Linux/ is where programs are started
        process.Start();
#pragma warning restore RS0030
        return new PipedProcess(process);
    }

    /// <summary>Sends SIGKILL. Does nothing if the process has already ended.</summary>
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

    /// <summary>Ends its input, and leaves it to the program when to end.</summary>
    public async Task LetGoAsync()
    {
        await input.Writer.CompleteAsync().ConfigureAwait(false);
        await output.Reader.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Kills the program, and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await input.Writer.CompleteAsync().ConfigureAwait(false);
        await output.Reader.CompleteAsync().ConfigureAwait(false);
        await Exit.ConfigureAwait(false);
        process.Dispose();
    }

    // What it said last belongs to its end. A program that it left behind may hold the pipe for longer.
    private async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        var code = process.ExitCode;
        await Task.WhenAny(errorEnd.Task, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        return code;
    }

    private static void Serve(Action work, string name) =>
        new Thread(() => work(), 256 * 1024) { IsBackground = true, Name = $"pipe {name}" }.Start();

    private void WriteInput()
    {
        try
        {
            using var to = process.StandardInput.BaseStream;
            while (true)
            {
                var read = input.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
                foreach (var part in read.Buffer)
                    to.Write(part.Span);
                input.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The program has ended, or it reads no more; its exit code tells why.
        }
        input.Reader.Complete();
    }

    private void ReadOutput()
    {
        try
        {
            var from = process.StandardOutput.BaseStream;
            while (from.Read(output.Writer.GetSpan(BufferBytes)) is > 0 and var count)
            {
                output.Writer.Advance(count);
                if (output.Writer.FlushAsync().AsTask().GetAwaiter().GetResult().IsCompleted)
                    break;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // We have ended it.
        }
        output.Writer.Complete();
    }

    private void ReadError()
    {
        try
        {
            var buffer = new char[1024];
            while (process.StandardError.Read(buffer) is > 0 and var count)
            {
                lock (errorLock)
                {
                    error.Append(buffer, 0, count);
                    if (error.Length > 2 * ErrorCharacters)
                        error.Remove(0, error.Length - ErrorCharacters);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // We have ended it.
        }
        errorEnd.TrySetResult();
    }
}
