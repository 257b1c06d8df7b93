using Manifold.Linux;
using System.Net;
using System.Net.Sockets;

namespace Manifold.Tests.Registry;

/// <summary>The real registry: Debian's <c>docker-registry</c> on a free port, empty, with the user joe where it asks for one.</summary>
public sealed class DebianRegistry : IAsyncDisposable
{
    public const string Password = "correct horse";

    // bcrypt of the above, as htpasswd -B writes it.
    private const string PasswordFile = "joe:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n";

    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource end = new();
    private Task? running;

    public string Name { get; } = $"127.0.0.1:{FreePort()}";

    public static async Task<DebianRegistry> StartAsync(bool asksForPassword = false)
    {
        Assert.SkipWhen(ChildProcess.Find("docker-registry", null) is null, "'docker-registry' is not installed here; test.sh installs it.");
        var registry = new DebianRegistry();
        var auth = asksForPassword ? $"auth: {{htpasswd: {{realm: here, path: '{registry.folder.Write("htpasswd", PasswordFile)}' }} }}" : "";
        var file = registry.folder.Write("config.yml", $$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: '{{registry.folder["data"]}}' }, delete: {enabled: true} }
            http: {addr: '{{registry.Name}}' }
            {{auth}}
            """);
        registry.running = ChildProcess.RunAsync("docker-registry", ["serve", file], cancellation: registry.end.Token);
        using var client = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                await client.GetAsync($"http://{registry.Name}/v2/");
                return registry;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>What it keeps in folders of this name.</summary>
    public string[] Files(string folderName) => [.. Directory.EnumerateFiles(folder["data"], "*", SearchOption.AllDirectories).Where(file => file.Split('/').Contains(folderName))];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        if (running is not null)
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        end.Dispose();
        folder.Dispose();
    }
}
