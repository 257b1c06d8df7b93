using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Server;

/// <summary>Over TLS, to users of a password file only, as other machines are served.</summary>
public sealed class ServingRealClientsWithTls : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new(Peer.VisibleFolder);
    private readonly string name = Guid.NewGuid().ToString("N");
    private RunningServer server = null!;

    public async ValueTask InitializeAsync()
    {
        var files = PemFiles.Write(folder);
        folder.Write("certs/ca.crt", await File.ReadAllTextAsync(files.Certificate));
        await Tool.Run("htpasswd", "-bBc", folder["users"], "alice", "secret");
        server = await RunningServer.StartAsync(
            options => options with { TlsCertificate = files.Certificate, TlsKey = files.Key, PasswordFile = folder["users"] });
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task skopeo_logs_in_pushes_and_pulls()
    {
        var image = await Sample();
        await Tool.Run("skopeo",
            "login", "--authfile", folder["auth.json"], "--cert-dir", folder["certs"], "-u", "alice", "-p", "secret", server.Authority);
        await Tool.Run("skopeo", "copy", "--all", "--authfile", folder["auth.json"],
            "--dest-cert-dir", folder["certs"], $"oci:{folder["source"]}:docker.io/library/x:1", $"docker://{server.Authority}/{name}:1");
        await Tool.Run("skopeo", "copy", "--all", "--authfile",
            folder["auth.json"], "--src-cert-dir", folder["certs"], $"docker://{server.Authority}/{name}:1", $"oci:{folder["copy"]}:x");
        Assert.Equal(image, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{folder["copy"]}:x")));
    }

    [Theory]
    [InlineData("alice:wrong")]
    [InlineData("mallory:secret")]
    public async Task skopeo_is_told_that_its_password_is_wrong(string credentials)
    {
        var result = await Tool.Try("skopeo",
            "inspect", "--cert-dir", folder["certs"], "--creds", credentials, $"docker://{server.Authority}/{name}:1");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("unauthorized", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task skopeo_does_not_trust_a_certificate_that_it_was_not_told_of()
    {
        var result = await Tool.Try("skopeo", "inspect", "--creds", "alice:secret", $"docker://{server.Authority}/{name}:1");
        Assert.Contains("certificate", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task docker_logs_in_pushes_and_pulls()
    {
        await Push();
        var config = folder["docker"];
        Directory.CreateDirectory(config);
        await Peer.Docker("--config", config, "login", "-u", "alice", "-p", "secret", server.Authority);
        await Peer.Docker("--config", config, "pull", "--quiet", $"{server.Authority}/{name}:1");
        await Peer.Docker("tag", $"{server.Authority}/{name}:1", $"{server.Authority}/{name}:2");
        await Peer.Docker("--config", config, "push", "--quiet", $"{server.Authority}/{name}:2");
        await Peer.Docker("rmi", "--force", $"{server.Authority}/{name}:1", $"{server.Authority}/{name}:2");
        Assert.NotNull(server.Store.Tags.Find(ImageReference.Parse($"{server.Authority}/{name}:2")));
    }

    [Fact]
    public async Task buildah_pulls_and_pushes()
    {
        await Push();
        await Peer.Buildah("pull", "--quiet", "--cert-dir", folder["certs"], "--creds", "alice:secret", $"{server.Authority}/{name}:1");
        await Peer.Buildah("push", "--quiet", "--cert-dir",
            folder["certs"], "--creds", "alice:secret", $"{server.Authority}/{name}:1", $"docker://{server.Authority}/{name}:2");
        await Peer.Buildah("rmi", "--force", $"{server.Authority}/{name}:1");
        Assert.NotNull(server.Store.Tags.Find(ImageReference.Parse($"{server.Authority}/{name}:2")));
    }

    private async Task Push()
    {
        await Sample();
        await Tool.Run("skopeo", "copy", "--dest-creds", "alice:secret",
            "--dest-cert-dir", folder["certs"], $"oci:{folder["source"]}:docker.io/library/x:1", $"docker://{server.Authority}/{name}:1");
    }

    private async Task<Digest> Sample()
    {
        using var source = Store.Open(folder["source"]);
        var image = await SampleImages.WriteIndexAsync(source, name, "linux/amd64", "linux/arm64");
        source.Tags.Set(ImageReference.Parse("x:1"), image);
        return image.Digest;
    }
}
