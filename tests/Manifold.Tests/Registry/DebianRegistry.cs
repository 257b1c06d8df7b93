using Manifold.Linux;
using Manifold.Oci;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

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

    public string Name { get; private init; } = $"127.0.0.1:{FreePort()}";

    /// <summary>With TLS at an address that is no loopback; it takes only clients whose certificate <paramref name="authority"/> issued.</summary>
    public static async Task<DebianRegistry> StartWithTlsAsync(IPAddress address, X509Certificate2 certificate, string authority)
    {
        Skip();
        var registry = new DebianRegistry { Name = $"{address}:{FreePort()}" };
        registry.folder.Write("ca.pem", authority);
        registry.folder.Write("server.pem", certificate.ExportCertificatePem());
        registry.folder.Write("server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var tls = $"tls: {{certificate: '{registry.folder["server.pem"]}', key: '{registry.folder["server.key"]}', clientcas: ['{registry.folder["ca.pem"]}']}}";
        registry.Serve("", $", {tls}");
        using var socket = new TcpClient();
        for (var tries = 0; !socket.Connected; tries++)
        {
            try
            {
                await socket.ConnectAsync(IPEndPoint.Parse(registry.Name));
            }
            catch (SocketException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
        return registry;
    }

    private static void Skip() => Assert.SkipWhen(ChildProcess.Find("docker-registry", null) is null, "'docker-registry' is not installed here; test.sh installs it.");

    private void Serve(string auth, string tls)
    {
        var file = folder.Write("config.yml", $$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: '{{folder["data"]}}' }, delete: {enabled: true} }
            http: {addr: '{{Name}}'{{tls}} }
            {{auth}}
            """);
        running = ChildProcess.RunAsync("docker-registry", ["serve", file], cancellation: end.Token);
    }

    public static async Task<DebianRegistry> StartAsync(bool asksForPassword = false)
    {
        Skip();
        var registry = new DebianRegistry();
        var auth = asksForPassword ? $"auth: {{htpasswd: {{realm: here, path: '{registry.folder.Write("htpasswd", PasswordFile)}' }} }}" : "";
        registry.Serve(auth, "");
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

    /// <summary>Deletes a manifest, as clean-ups do; an index that lists it stays.</summary>
    public async Task LoseManifestAsync(string repository, Digest manifest)
    {
        using var client = new HttpClient();
        using var answer = await client.DeleteAsync($"http://{Name}/v2/{repository}/manifests/{manifest}");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Takes a blob out of its storage, as a garbage collection does; repositories go on naming it.</summary>
    public void LoseBlob(Digest blob) => Directory.Delete(folder[$"data/docker/registry/v2/blobs/{blob.Algorithm}/{blob.Hex[..2]}/{blob.Hex}"], recursive: true);

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
