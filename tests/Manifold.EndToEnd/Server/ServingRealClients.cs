using System.Text.Json;
using Manifold.Oci;

namespace Manifold.EndToEnd.Server;

public sealed class ServingRealClients : IAsyncLifetime
{
    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("quay.io/acme/app:1", "acme/app:1")]
    [InlineData("quay.io/acme/app:1", "quay.io/acme/app:1")]
    [InlineData("localhost:{port}/app:1", "app:1")]
    [InlineData("docker.io/library/app:1", "app:1")]
    [InlineData("registry.example:8443/team/app:1", "team/app:1")]
    public async Task what_a_build_keeps_is_pulled_under_its_name(string kept, string asked)
    {
        var image = await SampleImages.WriteIndexAsync(server.Store, "x", "linux/amd64", "linux/arm64");
        server.Store.Tags.Set(ImageReference.Parse(kept.Replace("{port}", server.Port.ToString())), image);

        await Tool.Run("skopeo",
            "copy", "--all", "--src-tls-verify=false", $"docker://{server.Authority}/{asked}", $"oci:{server["copy"]}:x");

        Assert.Equal(image.Digest, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{server["copy"]}:x")));
    }

    [Fact]
    public async Task its_own_name_comes_before_others_and_ambiguity_is_no_answer()
    {
        var (own, first, second) = (await SampleImages.WriteAsync(server.Store, "own"),
            await SampleImages.WriteAsync(server.Store, "1"), await SampleImages.WriteAsync(server.Store, "2"));
        server.Store.Tags.SetAll(
            [(ImageReference.Parse("quay.io/acme/app:1"), first), (ImageReference.Parse("ghcr.io/acme/app:1"), second)]);
        await server.Send("GET", "/v2/acme/app/manifests/1").Is(404);
        server.Store.Tags.Set(ImageReference.Parse($"localhost:{server.Port}/acme/app:1"), own);
        Assert.Equal(own.Digest.ToString(), (await server.Send("GET", "/v2/acme/app/manifests/1").Is(200)).Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task a_push_is_stored_under_the_name_that_the_client_used_and_every_spelling_of_loopback_is_one()
    {
        await Push("first", $"localhost:{server.Port}/acme/app:1");
        await Push("second", $"127.0.0.1:{server.Port}/acme/app:1");
        Assert.Equal([$"localhost:{server.Port}/acme/app:1"], server.Store.Tags.List().Select(image => image.Name));
    }

    [Fact]
    public async Task skopeo_pushes_and_pulls_all_platforms_unchanged()
    {
        var source = await Push("x", $"{server.Authority}/app:1", "linux/amd64", "linux/arm64", "linux/riscv64");
        await Tool.Run("skopeo",
            "copy", "--all", "--src-tls-verify=false", $"docker://{server.Authority}/app:1", $"oci:{server["copy"]}:x");
        Assert.Equal(source, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{server["copy"]}:x")));
        Assert.Equal(source, Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", $"oci:{server.Store.Root}:{server.Authority}/app:1")));
    }

    [Fact]
    public async Task several_push_at_once()
    {
        var pushed = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => Push($"content {i}", $"{server.Authority}/app{i % 2}:{i}", "linux/amd64", "linux/arm64")));
        for (var i = 0; i < 4; i++)
            Assert.Equal(pushed[i].ToString(),
                (await server.Send("HEAD", $"/v2/app{i % 2}/manifests/{i}").Is(200)).Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task docker_pulls_and_pushes()
    {
        var name = $"{server.Authority}/{Guid.NewGuid():N}";
        await Push("for docker", name + ":1", "linux/amd64");
        await Peer.Docker("pull", "--quiet", name + ":1");
        await Peer.Docker("tag", name + ":1", name + ":2");
        await Peer.Docker("push", "--quiet", name + ":2");
        await Peer.Docker("rmi", "--force", name + ":1", name + ":2");
        var tags =
            JsonDocument.Parse(await server.Http.GetStringAsync($"/v2/{name.Split('/')[1]}/tags/list")).RootElement.GetProperty("tags");
        Assert.Equal(2, tags.GetArrayLength());
    }

    [Fact]
    public async Task buildah_pulls_and_pushes()
    {
        var name = $"{server.Authority}/{Guid.NewGuid():N}";
        await Push("for buildah", name + ":1", "linux/amd64");
        await Peer.Buildah("pull", "--quiet", "--tls-verify=false", name + ":1");
        await Peer.Buildah("push", "--quiet", "--tls-verify=false", name + ":1", $"docker://{name}:2");
        await Peer.Buildah("rmi", "--force", name + ":1");
        await server.Send("GET", $"/v2/{name.Split('/')[1]}/manifests/2").Is(200);
    }

    private async Task<Digest> Push(string content, string target, params string[] platforms)
    {
        using var other = Manifold.Content.Store.Open(server["from-" + Guid.NewGuid().ToString("N")]);
        var image = await SampleImages.WriteIndexAsync(other, content, platforms is [] ? ["linux/amd64"] : platforms);
        other.Tags.Set(ImageReference.Parse("x:1"), image);
        await Tool.Run("skopeo",
            "copy", "--all", "--dest-tls-verify=false", $"oci:{other.Root}:docker.io/library/x:1", $"docker://{target}");
        return image.Digest;
    }
}
