using System.Text;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.EndToEnd.Content;

public sealed class NamingImages : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public NamingImages() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("localhost:5001/w1:bk")]
    [InlineData("docker.io/library/debian:bookworm")]
    [InlineData("quay.io/acme/deep/er/app:1.4_x-Y")]
    [InlineData("127.0.0.1:5000/a/b:latest")]
    public async Task skopeo_finds_them_in_place_by_their_full_name(string name)
    {
        var manifest = await SampleImages.WriteAsync(store, "hello");
        store.Tags.Set(ImageReference.Parse(name), manifest);

        var raw = await Tool.Run("skopeo", "inspect", "--raw", $"oci:{store.Root}:{name}");

        Assert.Equal(manifest.Digest, Digest.Of(raw));
    }

    [Fact]
    public async Task entries_of_other_tools_survive_as_they_were_written()
    {
        await SkopeoCopiesInto("short", "short");
        await SkopeoCopiesInto("", null);
        var written = ImageIndex.Parse(File.ReadAllBytes(Path.Combine(store.Root, "index.json"))).Manifests;

        store.Tags.Set(ImageReference.Parse("quay.io/acme/app:1"), await SampleImages.WriteAsync(store, "mine"));
        store.Tags.Remove(ImageReference.Parse("quay.io/acme/app:1"));

        var after = ImageIndex.Parse(File.ReadAllBytes(Path.Combine(store.Root, "index.json"))).Manifests;
        Assert.Equal(written.Select(entry => Encoding.UTF8.GetString(new ImageIndex { Manifests = [entry] }.ToJson())),
            after.Select(entry => Encoding.UTF8.GetString(new ImageIndex { Manifests = [entry] }.ToJson())));
        Assert.NotNull(store.Tags.Find(ImageReference.Parse("short")));
        Assert.Equal(2, store.Tags.Roots().Length);
    }

    private async Task SkopeoCopiesInto(string name, string? annotation)
    {
        using var other = Store.Open(folder["other-" + name]);
        other.Tags.Set(ImageReference.Parse("a:1"), await SampleImages.WriteAsync(other, "by another " + name));
        await Tool.Run("skopeo",
            "copy", $"oci:{other.Root}:docker.io/library/a:1", $"oci:{store.Root}{(annotation is null ? "" : ":" + annotation)}");
    }
}
