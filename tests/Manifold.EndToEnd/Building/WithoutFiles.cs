using System.Text.Json;
using Manifold.EndToEnd.Images;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// An image that no instruction gives a file: the specification's schema wants a layer of it all the same, as buildah makes one.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class WithoutFiles : IDisposable
{
    // A tar without entries: two blocks of zeros.
    private const string Empty = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("FROM scratch\n")]
    [InlineData("FROM scratch\nENV A=b\nWORKDIR /\n")]
    public async Task an_image_has_one_layer_that_is_empty(string dockerfile)
    {
        (await shop.Build(shop.Context(dockerfile), "-t", "example.com/empty:1", "-o", $"type=oci,tar=false,dest={shop["layout"]}"))
            .Succeeded();

        var manifest = Assert.Single(Caching.Manifests(shop["layout"]));
        await Schema.ValidateAsync("image-manifest-schema.json", shop.Write("manifest.json", manifest.GetRawText()));
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(shop["layout"],
            "blobs", manifest.GetProperty("config").GetProperty("digest").GetString()!.Replace(':', '/')))).RootElement;
        Assert.Equal([Empty], config.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(each => each.GetString()));
        Assert.Single(config.GetProperty("history").EnumerateArray(), entry => !entry.TryGetProperty("empty_layer", out _));
    }

    [Fact]
    public async Task it_can_be_built_upon_copied_and_read()
    {
        (await shop.Build(shop.Context("FROM scratch\nLABEL a=b\n"), "-t", "example.com/empty:1")).Succeeded();

        (await shop.Build(shop.Context("FROM example.com/empty:1\nCOPY f /f\n", ("f", "x")),
            "-t", "example.com/full:1", "-o", shop["files"]))
            .Succeeded();
        (await shop.Run([], "copy", "store:example.com/empty:1", $"docker-archive:{shop["empty.tar"]}:empty:1")).Succeeded();

        Assert.Equal("x", File.ReadAllText(Path.Combine(shop["files"], "f")));
        Assert.True(File.Exists(shop["empty.tar"]));
    }

    /// <summary>Source: BuildKit's testOCILayoutMultiname.</summary>
    [Fact]
    public async Task a_layout_has_the_full_names_beside_the_tags()
    {
        (await shop.Build(shop.Context("FROM scratch\nCOPY <<EOF /foo\nhello\nEOF\n"),
            "-o", $"type=oci,tar=false,dest={shop["layout"]},\"name=org/repo:tag1,org/repo:tag2\""))
            .Succeeded();

        var entries =
            JsonDocument.Parse(File.ReadAllText(shop["layout/index.json"])).RootElement.GetProperty("manifests").EnumerateArray().ToList();
        Assert.Single(entries.Select(entry => entry.GetProperty("digest").GetString()).Distinct());
        Assert.Equal(["docker.io/org/repo:tag1", "docker.io/org/repo:tag2"],
            entries.Select(entry => Annotation(entry, "io.containerd.image.name")));
        Assert.Equal(["tag1", "tag2"], entries.Select(entry => Annotation(entry, "org.opencontainers.image.ref.name")));

        static string? Annotation(JsonElement entry, string key) => entry.GetProperty("annotations").GetProperty(key).GetString();
    }

    [Fact]
    public async Task a_layout_that_is_copied_does_not_keep_the_other_ones_names()
    {
        (await shop.Build(shop.Context("FROM scratch\nCOPY f /\n", ("f", "x")),
            "-t", "example.com/a:1", "-o", $"type=oci,tar=false,dest={shop["layout"]}"))
            .Succeeded();

        (await shop.Run([], "copy", $"oci:{shop["layout"]}:1", $"oci:{shop["other"]}:2")).Succeeded();

        Assert.DoesNotContain("example.com/a", File.ReadAllText(shop["other/index.json"]), StringComparison.Ordinal);
    }
}
