using System.Net;
using System.Text;
using System.Text.Json;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Nodes;

/// <summary>A node and this machine reach one registry, which has TLS and lets in one user.</summary>
[Trait("kind", "end-to-end")]
public sealed class PushingFromANode : WithNodes
{
    private const int NoiseBytes = 3_000_000;

    private readonly TemporaryFolder folder = new();
    private readonly string password = $"hidden-{Guid.NewGuid():N}";

    [Fact]
    public async Task layers_go_to_the_registry_and_the_next_build_here_is_warm()
    {
        await using var registry = await StartRegistryAsync();
        var name = $"{registry.Authority}/app:1";
        var dockerfile = $"FROM BASE\nRUN busybox head -c {NoiseBytes} /dev/urandom >/noise\n";

        (await Shop.Build(Shop.Context(dockerfile), "--on", RootNode, "-t", name, "--push")).Succeeded();

        using (var store = Store.Open(Shop.Root))
        {
            var made = Layers(store, name).MaxBy(layer => layer.Size)!;
            Assert.InRange(made.Size, NoiseBytes, 2 * NoiseBytes);
            Assert.True(registry.Store.Contains(made.Digest));
            Assert.False(store.Contains(made.Digest));
        }
        Assert.InRange(await ReceivedBytesAsync(), 1, NoiseBytes / 10);
        foreach (var file in Directory.EnumerateFiles(Server["."], "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(password, await File.ReadAllTextAsync(file), StringComparison.Ordinal);

        var next = (await Shop.Build(Shop.Context(dockerfile + "RUN busybox wc -c </noise >/size\n"),
            "-o", $"type=local,dest={Shop["out"]}")).Succeeded();

        Assert.Equal([true, false], next.Steps.Select(step => step.Cached));
        Assert.Equal($"{NoiseBytes}\n", await File.ReadAllTextAsync(Shop["out/size"]));
        await NothingIsLeftThere();
    }

    [Fact]
    public async Task a_node_that_does_not_trust_the_registry_sends_the_layers_through_here()
    {
        await using var registry = await StartRegistryAsync();
        Directory.Delete(Server.SettingsOf("root"), recursive: true);
        var name = $"{registry.Authority}/app:1";
        var context = Shop.Context($"FROM BASE\nRUN busybox head -c {NoiseBytes} /dev/urandom >/noise\n");

        var built = (await Shop.Run(["--on", RootNode, "-t", name, "--push", context], "build")).Succeeded();

        Assert.Contains($"cannot push to {registry.Authority}/app", built.Error, StringComparison.Ordinal);
        using var store = Store.Open(Shop.Root);
        var made = Layers(store, name).MaxBy(layer => layer.Size)!;
        Assert.True(registry.Store.Contains(made.Digest) && store.Contains(made.Digest));
    }

    private async Task<RunningServer> StartRegistryAsync()
    {
        var address = OwnAddress.Find();
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        Tool.Need("htpasswd");
        var files = PemFiles.Write(folder, other: address);
        await Tool.Run("htpasswd", "-bBc", folder["users"], "alice", password);
        var registry = await RunningServer.StartAsync(options => options with
        {
            Listen = new IPEndPoint(address!, 0),
            TlsCertificate = files.Certificate,
            TlsKey = files.Key,
            PasswordFile = folder["users"],
        });
        var authority = await File.ReadAllTextAsync(files.Certificate);
        Shop.Write($".config/containers/certs.d/{registry.Authority}/ca.crt", authority);
        Server.Write($"settings-root/containers/certs.d/{registry.Authority}/ca.crt", authority);
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{password}"));
        Shop.Write(".docker/config.json", $$$"""{"auths": {"{{{registry.Authority}}}": {"auth": "{{{login}}}" } } }""");
        return registry;
    }

    private static List<Descriptor> Layers(Store store, string name)
    {
        var top = store.Tags.List().Single(image => image.Name.ToString() == name).Target;
        var index = ImageIndex.Parse(store.ReadDocument(top.Digest));
        return [.. Manifest.Parse(store.ReadDocument(index.Manifests[0].Digest)).Layers];
    }

    private async Task<long> ReceivedBytesAsync()
    {
        var report = (await Shop.Run(["--format", "json"], "report")).Succeeded();
        using var record = JsonDocument.Parse(report.Output);
        return record.RootElement.GetProperty("components")[0].GetProperty("platforms")[0].GetProperty("node")
            .GetProperty("receivedBytes").GetInt64();
    }
}
