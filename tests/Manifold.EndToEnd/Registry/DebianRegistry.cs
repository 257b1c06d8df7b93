using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.EndToEnd.Registry;

/// <summary>The real registry: Debian's <c>docker-registry</c> on a free port, empty, with the user joe where it asks for one.</summary>
public sealed class DebianRegistry : IAsyncDisposable
{
    public const string Password = "correct horse";

    // bcrypt of the above, as htpasswd -B writes it.
    private const string PasswordFile = "joe:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n";

    private readonly TemporaryFolder folder = new();
    private readonly CancellationTokenSource end = new();
    private Task<ChildProcess.Result?>? running;

    public string Name { get; private set; } = "";

    /// <summary>
    /// With TLS at an address that is no loopback; it takes only clients whose certificate <paramref name="authority"/> issued.
    /// </summary>
    public static Task<DebianRegistry> StartWithTlsAsync(IPAddress address, X509Certificate2 certificate, string authority)
    {
        var registry = new DebianRegistry();
        registry.folder.Write("ca.pem", authority);
        registry.folder.Write("server.pem", certificate.ExportCertificatePem());
        registry.folder.Write("server.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var tls = $"tls: {{certificate: '{registry.folder["server.pem"]}', key: '{registry.folder["server.key"]}', clientcas: "
            + $"['{registry.folder["ca.pem"]}']}}";
        return registry.StartAsync(address, "", $", {tls}");
    }

    public static Task<DebianRegistry> StartAsync(bool asksForPassword = false)
    {
        var registry = new DebianRegistry();
        var auth = asksForPassword
            ? $"auth: {{htpasswd: {{realm: here, path: '{registry.folder.Write("htpasswd", PasswordFile)}' }} }}"
            : "";
        return registry.StartAsync(IPAddress.Loopback, auth, "");
    }

    /// <summary>Starts it, and waits until it listens. Where somebody else has the port by now, it ends, and another is tried.</summary>
    private async Task<DebianRegistry> StartAsync(IPAddress address, string auth, string tls)
    {
        Assert.SkipWhen(ChildProcess.Find("docker-registry", null) is null,
            "'docker-registry' is not installed here; test.sh installs it.");
        for (var tries = 0; tries < 5; tries++)
        {
            Name = $"{address}:{FreePort.Find()}";
            var serving = running = Serve(auth, tls);
            await Eventually.Is(async () => serving.IsCompleted || await Listens());
            if (!serving.IsCompleted)
                return this;
        }
        throw new InvalidOperationException($"The registry does not start: {(await running!)!.Error}");
    }

    private Task<ChildProcess.Result?> Serve(string auth, string tls)
    {
        var file = folder.Write("config.yml", $$"""
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: '{{folder["data"]}}' }, delete: {enabled: true} }
            http: {addr: '{{Name}}'{{tls}} }
            {{auth}}
            """);
        return ChildProcess.RunAsync("docker-registry", ["serve", file], cancellation: end.Token);
    }

    private async Task<bool> Listens()
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(Name));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>What it keeps in folders of this name.</summary>
    public string[] Files(string folderName) =>
        [.. Directory.EnumerateFiles(folder["data"], "*", SearchOption.AllDirectories).Where(file => file.Split('/').Contains(folderName))];

    /// <summary>Deletes a manifest, as clean-ups do; an index that lists it stays.</summary>
    public async Task LoseManifestAsync(string repository, Digest manifest)
    {
        using var client = new HttpClient();
        using var answer = await client.DeleteAsync($"http://{Name}/v2/{repository}/manifests/{manifest}");
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Takes a blob out of its storage, as a garbage collection does; repositories go on naming it.</summary>
    public void LoseBlob(Digest blob) =>
        Directory.Delete(folder[$"data/docker/registry/v2/blobs/{blob.Algorithm}/{blob.Hex[..2]}/{blob.Hex}"], recursive: true);

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        if (running is not null)
            await running.ContinueWith(_ => { }, TaskScheduler.Default);
        end.Dispose();
        folder.Dispose();
    }
}
