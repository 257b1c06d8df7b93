using Manifold.Images;
using Manifold.Oci;

namespace Manifold.EndToEnd.Images;

/// <summary>What <c>docker save</c> wrote before version 25 and since, skopeo's archives, and kaniko's with compressed layers.</summary>
public sealed class ReadingDockerArchives() : WithPlaces(Peer.VisibleFolder)
{
    [Fact]
    public async Task what_skopeo_wrote_becomes_an_image_with_plain_layers_and_the_same_config()
    {
        await StoredAsync("quay.io/acme/app:1", "linux/amd64");
        var place = $"docker-archive:{Folder["x.tar"]}:quay.io/acme/app:1";
        await Tool.Run("skopeo", "copy", "-q", $"oci:{Store.Root}:quay.io/acme/app:1", place);

        var source = Open(place);
        var manifest = await source.ReadManifestAsync((await source.ResolveAsync()).Descriptor);

        Assert.Equal(Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", "--config", place)), manifest.Config.Digest);
        Assert.All(manifest.Layers, layer => Assert.Equal(MediaType.Layer, layer.MediaType));
        Assert.Equal((await source.ReadConfigAsync(manifest.Config)).RootFs.DiffIds, manifest.Layers.Select(layer => layer.Digest));
        Assert.Equal(3, (await ReadWholeAsync(source)).Count);
    }

    [Fact]
    public async Task docker_25_and_later_saves_a_layout_too_and_its_digests_are_kept()
    {
        var name = $"manifold.test/saved:{Guid.NewGuid():N}";
        await StoredAsync(name, "linux/amd64");
        await Tool.Run("skopeo", "copy", "-q", $"oci:{Store.Root}:{name}", $"docker-archive:{Folder["load.tar"]}:{name}");
        await Peer.Docker("load", "--quiet", "--input", Folder["load.tar"]);
        try
        {
            await Peer.Docker("save", "--output", Folder["saved.tar"], name);
        }
        finally
        {
            await Peer.Docker("rmi", "--force", name);
        }
        Assert.Contains("index.json", await Tool.Run("tar", "-tf", Folder["saved.tar"]), StringComparison.Ordinal);

        var source = Open($"docker-archive:{Folder["saved.tar"]}:{name}");

        var top = (await source.ResolveAsync()).Descriptor;
        Assert.Contains(top.Digest.ToString(), await Tool.Run("tar", "-xOf", Folder["saved.tar"], "index.json"), StringComparison.Ordinal);
        Assert.NotEmpty(await ReadWholeAsync(source));
    }
}
