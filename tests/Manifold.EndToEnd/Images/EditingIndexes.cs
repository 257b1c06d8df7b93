using System.Text;
using System.Text.Json;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;

namespace Manifold.EndToEnd.Images;

/// <summary><c>manifold index</c>: what is made is judged by skopeo, buildah and the specification's schema.</summary>
public sealed class EditingIndexes() : WithPlaces(Peer.VisibleFolder)
{
    [Fact]
    public async Task an_index_is_made_of_single_manifests_and_indexes_and_others_read_it()
    {
        await using var registry = await DebianRegistry.StartAsync();
        await StoredManifestAsync("amd:1", "linux/amd64");
        await StoredManifestAsync("arm:1", "linux/arm64");
        await StoredAsync("more:1", "linux/s390x", "linux/arm/v7");
        await RunAsync("copy", "store:amd:1", $"{registry.Name}/amd:1");
        await RunAsync("copy", "store:more:1", $"oci:{Folder["more"]}:m");

        await RunAsync("index", "create",
            $"{registry.Name}/all:1", $"{registry.Name}/amd:1", "store:arm:1", $"oci:{Folder["more"]}:m", "--annotation", "a.b=c");

        var place = $"docker://{registry.Name}/all:1";
        var json = await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", place);
        var index = ImageIndex.Parse(Encoding.UTF8.GetBytes(json));
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/s390x", "linux/arm/v7"],
            index.Manifests.Select(entry => entry.Platform!.ToPlatform().ToString()));
        Assert.Equal("c", index.Annotations!["a.b"]);
        await Schema.ValidateAsync("image-index-schema.json", Folder.Write("index.json", json));
        await Tool.Run("skopeo", "copy", "-q", "--all", "--src-tls-verify=false", place, $"oci:{Folder["copy"]}:x");
        var buildah =
            JsonDocument.Parse(await Peer.Buildah("manifest", "inspect", "--tls-verify=false", $"{registry.Name}/all:1")).RootElement;
        Assert.Equal(4, buildah.GetProperty("manifests").GetArrayLength());
    }

    [Fact]
    public async Task a_platform_is_added_and_removed_and_the_rest_stays_in_order()
    {
        await using var registry = await DebianRegistry.StartAsync();
        await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await StoredManifestAsync("v7:1", "linux/arm/v7");
        var name = $"{registry.Name}/app:1";
        await RunAsync("copy", "store:app:1", name);

        await RunAsync("index", "add", name, "store:v7:1");
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/arm/v7"], await PlatformsAsync(name));
        await RunAsync("index", "remove", name, "linux/arm64");
        Assert.Equal(["linux/amd64", "linux/arm/v7"], await PlatformsAsync(name));
        var (code, _, error) = await Commanding.Manifold(Folder, "index", "remove", name, "linux/ppc64le");
        Assert.Equal(2, code);
        Assert.Contains("has no entry 'linux/ppc64le'. It has: linux/amd64 sha256:", error, StringComparison.Ordinal);
        Assert.Equal(2, (await Commanding.Manifold(Folder, "index", "remove", name, "linux/amd64", "linux/arm/v7")).Code);
    }

    [Fact]
    public async Task docker_lists_are_made_and_stay_docker_lists()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var name = $"{registry.Name}/app:docker";
        await StoredAsync("app:1", "linux/amd64", "linux/arm64");
        await RunAsync("index", "create", name, "store:app:1", "--format", "docker");
        var list = JsonDocument.Parse(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}")).RootElement;
        Assert.Equal(MediaType.DockerIndex, list.GetProperty("mediaType").GetString());
        Assert.Equal(MediaType.DockerManifest, list.GetProperty("manifests")[0].GetProperty("mediaType").GetString());
        Assert.Equal(MediaType.DockerIndex, (await DryAsync("remove", name, "linux/arm64")).MediaType);
    }

    private async Task<Descriptor> StoredManifestAsync(string name, string platform)
    {
        var manifest = await SampleImages.WriteAsync(Store, name, platform);
        Store.Tags.Set(ImageReference.Parse(name), manifest);
        return manifest;
    }

    private async Task<IEnumerable<string>> PlatformsAsync(string name) =>
        (await Client.GetManifestAsync(ImageReference.Parse(name))) is { } content
            ? ImageIndex.Parse(content.Bytes.Span).Manifests.Select(entry => entry.Platform!.ToPlatform().ToString()) : [];

    private async Task<ImageIndex> DryAsync(string verb, params string[] arguments)
    {
        var before = Store.Tags.List();
        var (code, output, error) = await Commanding.Manifold(Folder, ["index", verb, .. arguments, "--dry-run"]);
        Assert.True(code == 0, error);
        Assert.Equal(before, Store.Tags.List());
        return ImageIndex.Parse(Encoding.UTF8.GetBytes(output));
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (code, _, error) = await Commanding.Manifold(Folder, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: exit code {code}\n{error}");
    }
}
