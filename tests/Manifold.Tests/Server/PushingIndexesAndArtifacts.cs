using System.Text;
using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class PushingIndexesAndArtifacts : WithAServer
{
    [Fact]
    public async Task an_index_needs_its_manifests_first()
    {
        var image = await Server.PushImage("a/b", "x", tag: null);
        var index = new ImageIndex { Manifests = [image with { Platform = PlatformFields.From(Platform.Parse("linux/arm64")) }] };
        await Send("PUT", "/v2/a/b/manifests/multi", index.ToJson(), MediaType.Index).Is(201);
        var sparse = new ImageIndex { Manifests = [.. index.Manifests, image with { Digest = Digest.Of("absent") }] };
        await Send("PUT", "/v2/a/b/manifests/sparse", sparse.ToJson(), MediaType.Index).Is(400, "MANIFEST_BLOB_UNKNOWN");
    }

    [Fact]
    public async Task an_index_of_indexes_and_an_empty_one_are_kept()
    {
        var empty = new ImageIndex { Manifests = [] }.ToJson();
        await Send("PUT", $"/v2/a/b/manifests/{Digest.Of(empty)}", empty, MediaType.Index).Is(201);
        var nested =
            new ImageIndex { Manifests = [new() { MediaType = MediaType.Index, Digest = Digest.Of(empty), Size = empty.Length }] }.ToJson();
        await Send("PUT", "/v2/a/b/manifests/nested", nested, MediaType.Index).Is(201);
        Assert.Equal(nested, await Server.Http.GetByteArrayAsync("/v2/a/b/manifests/nested"));
    }

    [Fact]
    public async Task all_of_an_image_may_have_sha512_digests()
    {
        var config = "{}"u8.ToArray();
        var layer = "layer"u8.ToArray();
        foreach (var blob in new[] { config, layer })
            await Send("POST", $"/v2/a/b/blobs/uploads/?digest={Sha512(blob)}", blob).Is(201);
        var manifest = new Manifest
        {
            Config = new() { MediaType = MediaType.Config, Digest = Sha512(config), Size = 2 },
            Layers = [new() { MediaType = MediaType.Layer, Digest = Sha512(layer), Size = 5 }],
        }.ToJson();
        await Send("PUT", $"/v2/a/b/manifests/{Sha512(manifest)}", manifest, MediaType.Manifest).Is(201);
        var index =
            new ImageIndex { Manifests = [new() { MediaType = MediaType.Manifest, Digest = Sha512(manifest), Size = manifest.Length }] }
                .ToJson();
        using var answer = await Send("PUT", $"/v2/a/b/manifests/{Sha512(index)}", index, MediaType.Index).Is(201);
        Assert.Equal(index, await Server.Http.GetByteArrayAsync(answer.Header("Location")));
    }

    [Fact]
    public async Task what_lies_elsewhere_need_not_be_pushed()
    {
        var config = await Server.PushBlob("a/b", "{}"u8.ToArray(), MediaType.Config);
        var elsewhere = new Descriptor
        {
            MediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            Digest = Digest.Of("elsewhere"),
            Size = 9,
            Urls = ["https://store.example/9"],
        };
        await Send("PUT", "/v2/a/b/manifests/1", new Manifest { Config = config, Layers = [elsewhere] }.ToJson(), MediaType.Manifest).Is(
            201);
        await Send("HEAD", $"/v2/a/b/blobs/{elsewhere.Digest}").Is(404);
        Assert.False(Server.Store.Repositories.HasBlob("a/b", elsewhere.Digest));
    }

    [Theory] // fields that nobody knows, the content itself in a descriptor, no layers, types of one's own
    [InlineData(
        """{"schemaVersion":2,"mediaType":"MT","org.example":{"a":[1,null]},"config":{"mediaType":"CT","digest":"D","size":2,"x":1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"MT","config":{"mediaType":"CT","digest":"D","size":2,"data":"e30="},"layers":[]}""")]
    [InlineData(
        """{"schemaVersion":2,"mediaType":"MT","artifactType":"application/vnd.example+type","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"D","size":2},"layers":[{"mediaType":"application/vnd.oci.empty.v1+json","digest":"D","size":2}]}""")]
    [InlineData(
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.example.config","digest":"D","size":2},"layers":[{"mediaType":"text/plain","digest":"D","size":2}]}""")]
    public async Task any_artifact_is_kept_byte_for_byte(string template)
    {
        var empty = await Server.PushBlob("a/b", "{}"u8.ToArray());
        var bytes = Encoding.UTF8.GetBytes(
            template.Replace("MT", MediaType.Manifest).Replace("CT", MediaType.Config).Replace("\"D\"", $"\"{empty.Digest}\""));
        await Send("PUT", "/v2/a/b/manifests/1", bytes, MediaType.Manifest).Is(201);
        Assert.Equal(bytes, await Server.Http.GetByteArrayAsync("/v2/a/b/manifests/1"));
    }
}
