using Manifold.Linux;

namespace Manifold.EndToEnd.Server;

/// <summary>The program itself, over the folder's store. Killed with SIGKILL at the end unless it was stopped before.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly CancellationTokenSource kill = new();
    private readonly Task<ChildProcess.Result?> running;
    private readonly string log;

    private ServerProcess(TemporaryFolder folder, string options)
    {
        log = folder[Guid.NewGuid().ToString("N")];
        var program = string.Join(' ', OurProgram.Words);
        running = ChildProcess.RunAsync("sh",
            ["-c", $"echo $$ >{log}.pid; MANIFOLD_ROOT={folder["store"]} exec {program} serve --listen 127.0.0.1:0 {options} 2>{log}"],
            cancellation: kill.Token);
    }

    public HttpClient Http { get; } = new();

    /// <summary>What it printed to standard error.</summary>
    public string Log => File.ReadAllText(log);

    public static async Task<ServerProcess> StartAsync(TemporaryFolder folder, string options = "")
    {
        var server = new ServerProcess(folder, options);
        var begin = TimeProvider.System.GetTimestamp();
        while (!server.running.IsCompleted && TimeProvider.System.GetElapsedTime(begin) < Eventually.Bound)
        {
            if (File.Exists(server.log)
                && server.Log is var text
                && text.IndexOf("http://", StringComparison.Ordinal) is var at and >= 0
                && text.IndexOf(". Stop", at, StringComparison.Ordinal) is var end and > 0)
            {
                server.Http.BaseAddress = new Uri(text[at..end]);
                return server;
            }
            await Task.Delay(50);
        }
        await server.DisposeAsync();
        throw new InvalidOperationException($"The server did not start: {server.Log}");
    }

    public async Task<long> PeakMegabytes()
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{ProcessId}/status"))
            .Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1024;
    }

    public Task Signal(string name) => Tool.Run("kill", $"-{name}", ProcessId);

    /// <summary>Its exit code, when it has ended.</summary>
    public async Task<int> Exit() => (await Eventually.Ends(running))!.ExitCode;

    private string ProcessId => File.ReadAllText(log + ".pid").Trim();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await kill.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        kill.Dispose();
    }
}
