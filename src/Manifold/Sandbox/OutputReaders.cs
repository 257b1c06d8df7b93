using System.Runtime.ExceptionServices;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Reads what a container prints, on threads of its own that begin outside of the run's mounts.</summary>
/// <remarks>
/// Made before the isolated thread, and by another: what the lines set off, also on the thread pool, then happens among the usual mounts.
/// </remarks>
internal sealed class OutputReaders
{
    private readonly ManualResetEventSlim begun = new();
    private readonly Thread[] threads;
    private StreamedProcess? process;
    private ExceptionDispatchInfo? failure;

    public OutputReaders(RunOutput output)
    {
        Output = output;
        threads = [Start(LogStream.Output), Start(LogStream.Error)];
    }

    public RunOutput Output { get; }

    /// <summary>Hands the process over. Called by the isolated thread; sets nothing off but the two readers.</summary>
    public void Begin(StreamedProcess started)
    {
        process = started;
        begun.Set();
    }

    /// <summary>Blocks until both streams are read to their ends; throws what the caller's own code threw at a line.</summary>
    public void Join()
    {
        foreach (var thread in threads)
            thread.Join();
        failure?.Throw();
    }

    /// <summary>Ends the readers of a container that was never started. Idempotent, and harmless after <see cref="Begin"/>.</summary>
    public void Abandon() => begun.Set();

    private Thread Start(LogStream name)
    {
        var thread = new Thread(() => Read(name), maxStackSize: 1024 * 1024) { IsBackground = true, Name = $"run {name}" };
        thread.Start();
        return thread;
    }

    private void Read(LogStream name)
    {
        begun.Wait();
        if (process is not { } source)
            return;
        try
        {
            Output.Read(name == LogStream.Output ? source.Output : source.Error, name);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
            source.Kill(); // nobody would empty the pipe any more, and the run would wait for ever
        }
    }
}
