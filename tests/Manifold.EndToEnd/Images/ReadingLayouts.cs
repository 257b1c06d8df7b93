using Manifold.Content;

namespace Manifold.EndToEnd.Images;

/// <summary>OCI layouts that other tools wrote, as folders and as archives.</summary>
public sealed class ReadingLayouts : WithPlaces
{
    [Theory]
    [InlineData("oci")]
    [InlineData("oci-archive")]
    public async Task what_skopeo_wrote_is_read_whole(string transport)
    {
        var image = await StoredAsync("quay.io/acme/app:1", "linux/amd64", "linux/arm64");
        var place = $"{transport}:{Folder["written"]}:app";
        await Tool.Run("skopeo", "copy", "-q", "--all", $"oci:{Store.Root}:quay.io/acme/app:1", place);

        var source = Open(place);

        Assert.Equal(image.Digest, (await source.ResolveAsync()).Descriptor.Digest);
        Assert.Equal(StoredBlobs(), await ReadWholeAsync(source));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task a_compressed_archive_is_read_too(string compressor)
    {
        await StoredAsync("app:1", "linux/amd64");
        await Tool.Run("tar", "-C", Store.Root, "-cf", Folder["x.tar"], "oci-layout", "index.json", "blobs");
        await Tool.Run(compressor, Folder["x.tar"]);
        var packed = Directory.GetFiles(Folder.Path, "x.tar.*z*").Single();

        Assert.Equal(StoredBlobs(), await ReadWholeAsync(Open($"oci-archive:{packed}")));
        Assert.Empty(Directory.GetFiles(Store.WorkFolder));
    }
}
