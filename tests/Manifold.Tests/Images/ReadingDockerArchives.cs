using System.Formats.Tar;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Tests.Images;

/// <summary>What <c>docker save</c> wrote before version 25 and since, skopeo's archives, and kaniko's with compressed layers.</summary>
public sealed class ReadingDockerArchives : WithPlaces
{
    [Fact]
    public async Task links_to_layers_that_images_share_are_followed()
    {
        var (config, layer) = Sample("linux/amd64", compressed: false);
        WriteTar("old.tar",
            ("abc.json", config), ("1/layer.tar", layer), ("2/layer.tar -> ../1/layer.tar", []),
            ("manifest.json", Json("""[{"Config":"abc.json","RepoTags":["app:1"],"Layers":["2/layer.tar"]}]""")));
        Assert.Equal(3, (await ReadWholeAsync(Open($"docker-archive:{Folder["old.tar"]}"))).Count);
    }

    [Fact]
    public async Task compressed_layers_keep_their_bytes()
    {
        var (config, layer) = Sample("linux/arm64", compressed: true);
        WriteTar("kaniko.tar", ("sha256:abc", config),
            ("x.tar.gz", layer), ("manifest.json", Json("""[{"Config":"sha256:abc","RepoTags":["app:1"],"Layers":["x.tar.gz"]}]""")));
        var source = Open($"docker-archive:{Folder["kaniko.tar"]}:docker.io/library/app:1");
        var manifest = await source.ReadManifestAsync((await source.ResolveAsync()).Descriptor);
        Assert.Equal((MediaType.LayerGzip, Digest.Of(layer)), (manifest.Layers[0].MediaType, manifest.Layers[0].Digest));
    }

    [Fact]
    public async Task an_image_is_chosen_by_name_or_number_and_the_error_tells_which_there_are()
    {
        var (config, layer) = Sample("linux/amd64", compressed: false);
        var (other, _) = Sample("linux/arm64", compressed: false);
        WriteTar("two.tar", ("a", config), ("b", other), ("l", layer),
            ("manifest.json",
                Json("""[{"Config":"a","RepoTags":["app:1"],"Layers":["l"]},{"Config":"b","RepoTags":null,"Layers":["l"]}]""")));
        var refusal = await Assert.ThrowsAsync<UsageException>(() => Open($"docker-archive:{Folder["two.tar"]}:app:2").ResolveAsync());
        Assert.EndsWith(": app:1, @1.", refusal.Message, StringComparison.Ordinal);
        var second = Open($"docker-archive:{Folder["two.tar"]}:@1");
        Assert.Equal(Digest.Of(other), (await second.ReadManifestAsync((await second.ResolveAsync()).Descriptor)).Config.Digest);
    }

    [Fact]
    public async Task a_layer_that_is_not_what_the_config_says_is_refused()
    {
        var (config, layer) = Sample("linux/amd64", compressed: false);
        layer[600] ^= 1;
        WriteTar("bad.tar",
            ("a", config), ("l", layer), ("manifest.json", Json("""[{"Config":"a","RepoTags":["app:1"],"Layers":["l"]}]""")));
        await Assert.ThrowsAsync<ContentMismatchException>(() => ReadWholeAsync(Open($"docker-archive:{Folder["bad.tar"]}")));
    }

    private static byte[] Json(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private (byte[] Config, byte[] Layer) Sample(string platform, bool compressed)
    {
        var manifest =
            Manifest.Parse(Store.ReadDocument(SampleImages.WriteAsync(Store, platform, platform).GetAwaiter().GetResult().Digest));
        var layer = File.ReadAllBytes(Store.BlobPath(manifest.Layers[0].Digest));
        if (!compressed)
        {
            using var plain = new MemoryStream();
            using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(layer),
                System.IO.Compression.CompressionMode.Decompress);
            gzip.CopyTo(plain);
            layer = plain.ToArray();
        }
        return (Store.ReadDocument(manifest.Config.Digest), layer);
    }

    private void WriteTar(string name, params (string Path, byte[] Content)[] files)
    {
        using var tar = new TarWriter(File.Create(Folder[name]));
        foreach (var (path, content) in files)
        {
            tar.WriteEntry(path.Split(" -> ") is [var link, var target]
                ? new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = target }
                : new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
        }
    }
}
