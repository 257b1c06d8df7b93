using System.Text;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class PushingManifests : WithAServer
{
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task end_3_one_comes_back_by_tag_and_by_digest_as_it_was_pushed(string method)
    {
        var image = await Server.PushImage("a/b", "x", "1.0");
        foreach (var reference in new[] { "1.0", image.Digest.ToString() })
        {
            using var answer = await Send(method, $"/v2/a/b/manifests/{reference}").Is(200);
            Assert.Equal(image.Digest.ToString(), answer.Header("Docker-Content-Digest"));
            Assert.Equal(MediaType.Manifest, answer.Content.Headers.ContentType!.ToString());
            Assert.Equal(image.Size, answer.Content.Headers.ContentLength);
            if (method == "GET")
                Assert.Equal(image.Digest, Digest.Of(await answer.Content.ReadAsByteArrayAsync()));
        }
    }

    [Fact]
    public async Task end_3_what_is_not_here_is_404()
    {
        await Send("GET", $"/v2/a/b/manifests/{Digest.Of("absent")}").Is(404, "MANIFEST_UNKNOWN");
        await Send("GET", "/v2/a/b/manifests/1.0").Is(404, "MANIFEST_UNKNOWN");
        await Send("GET", "/v2/a/b/manifests/.no-tag").Is(404, "MANIFEST_UNKNOWN");
        await Send("HEAD", "/v2/a/b/manifests/1.0").Is(404);
    }

    [Fact]
    public async Task end_7_one_whose_blobs_are_missing_is_refused_with_each_of_them()
    {
        var absent = new[] { "1", "2" }
            .Select(text => new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of(text), Size = 1 }).ToArray();
        var manifest =
            new Manifest { Config = await Server.PushBlob("a/b", "{}"u8.ToArray(), MediaType.Config), Layers = [.. absent] }.ToJson();
        using var answer = await Send("PUT", "/v2/a/b/manifests/1", manifest, MediaType.Manifest).Is(400, "MANIFEST_BLOB_UNKNOWN");
        var errors = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errors").EnumerateArray();
        Assert.Equal(absent.Select(layer => layer.Digest.ToString()), errors.Select(error => error.GetProperty("detail").GetString()));
        await Send("GET", "/v2/a/b/manifests/1").Is(404);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData(
        """{"schemaVersion":1,"config":{"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":null}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:x","size":2},"layers":[]}""")]
    [InlineData(
        """{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""")]
    public async Task end_7_what_is_no_manifest_is_400(string body) =>
        await Send("PUT", "/v2/a/b/manifests/1", Encoding.UTF8.GetBytes(body), MediaType.Manifest).Is(400, "MANIFEST_INVALID");

    [Fact]
    public async Task end_7_a_document_that_nests_too_deep_is_400()
    {
        var deep = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        await Send("PUT", "/v2/a/b/manifests/1", deep, MediaType.Manifest).Is(400, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task end_7_under_a_digest_that_is_not_its_own_it_is_400()
    {
        var bytes = await ManifestBytes();
        await Send("PUT", $"/v2/a/b/manifests/{Digest.Of("other")}", bytes, MediaType.Manifest).Is(400, "DIGEST_INVALID");
        await Send("PUT", "/v2/a/b/manifests/sha256:zz", bytes, MediaType.Manifest).Is(400, "DIGEST_INVALID");
        await Send("PUT", $"/v2/a/b/manifests/{Digest.Of(bytes)}", [.. bytes, (byte)' '], MediaType.Manifest).Is(400, "DIGEST_INVALID");
    }

    [Theory]
    [InlineData("/v2/a/b/manifests/.no-tag")]
    [InlineData("/v2/a/b/manifests/DIGEST?tag=good&tag=.no-tag")]
    public async Task end_7_a_tag_that_is_none_is_400_and_none_is_set(string path)
    {
        var bytes = await ManifestBytes();
        await Send("PUT", path.Replace("DIGEST", Digest.Of(bytes).ToString()), bytes, MediaType.Manifest).Is(400, "MANIFEST_INVALID");
        Assert.Empty(Server.Store.Tags.List());
    }

    [Fact]
    public async Task end_7_as_large_as_the_specification_asks_for_and_not_larger()
    {
        var manifest = Manifest.Parse(await ManifestBytes());
        var note = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("org.example", "");
        var room = Limits.DocumentBytes - (manifest with { Annotations = note }).ToJson().Length;
        byte[] Large(int more) => (manifest with { Annotations = note.SetItem("org.example", new string('x', room + more)) }).ToJson();

        await Send("PUT", "/v2/a/b/manifests/large", Large(0), MediaType.Manifest).Is(201);
        Assert.Equal(4 << 20, (await Server.Http.GetByteArrayAsync("/v2/a/b/manifests/large")).Length);
        await Send("PUT", "/v2/a/b/manifests/larger", Large(1), MediaType.Manifest).Is(413, "SIZE_INVALID");
        await Send("PUT", "/v2/a/b/manifests/larger", new byte[20_000_000], MediaType.Manifest).Is(413, "SIZE_INVALID");
    }

    [Fact]
    public async Task end_7_by_digest_needs_no_tag_and_makes_none()
    {
        var image = await Server.PushImage("a/b", "x", tag: null);
        await Send("GET", $"/v2/a/b/manifests/{image.Digest}").Is(200);
        Assert.Empty(Server.Store.Tags.List());
    }

    [Fact]
    public async Task end_7b_by_digest_with_any_number_of_tags_at_once()
    {
        var bytes = await ManifestBytes();
        var tags = Enumerable.Range(0, 300).Select(i => $"{i}-{new string('x', 100)}").ToArray();
        using var answer = await Send("PUT", $"/v2/a/b/manifests/{Digest.Of(bytes)}?{string.Join('&', tags.Select(tag => "tag=" + tag))}",
            bytes, MediaType.Manifest).Is(201);
        Assert.Equal(tags, answer.Headers.GetValues("OCI-Tag").SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)));
        Assert.Equal(bytes, await Server.Http.GetByteArrayAsync($"/v2/a/b/manifests/{tags[299]}"));
    }

    [Fact]
    public async Task end_7b_so_a_tag_may_mean_a_sha512_digest()
    {
        var bytes = await ManifestBytes();
        var digest = Sha512(bytes);
        await Send("PUT", $"/v2/a/b/manifests/{digest}?tag=strong", bytes, MediaType.Manifest).Is(201);
        using var answer = await Send("HEAD", "/v2/a/b/manifests/strong").Is(200);
        Assert.Equal(digest.ToString(), answer.Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task end_7_by_digests_of_both_algorithms_it_is_found_by_both()
    {
        var bytes = await ManifestBytes();
        await Send("PUT", "/v2/a/b/manifests/1", bytes, MediaType.Manifest).Is(201);
        await Send("PUT", $"/v2/a/b/manifests/{Sha512(bytes)}", bytes, MediaType.Manifest).Is(201);
        foreach (var digest in new[] { Digest.Of(bytes), Sha512(bytes) })
        {
            using var answer = await Send("GET", $"/v2/a/b/manifests/{digest}").Is(200);
            Assert.Equal(digest.ToString(), answer.Header("Docker-Content-Digest"));
        }
        using var tagged = await Send("GET", "/v2/a/b/manifests/1").Is(200);
        Assert.Equal(Digest.Of(bytes).ToString(), tagged.Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task without_a_content_type_the_document_says_what_it_is()
    {
        var bytes = await ManifestBytes();
        await Send("PUT", "/v2/a/b/manifests/1", bytes).Is(201);
        using var answer = await Send("GET", "/v2/a/b/manifests/1").Is(200);
        Assert.Equal(MediaType.Manifest, answer.Content.Headers.ContentType!.ToString());
    }

    private async Task<byte[]> ManifestBytes() =>
        new Manifest
        {
            Config = await Server.PushBlob("a/b",
                "{}"u8.ToArray(), MediaType.Config),
            Layers = [await Server.PushBlob("a/b", "layer"u8.ToArray(), MediaType.Layer)],
        }.ToJson();
}
