using Manifold.Oci;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Manifold.Tests.Server;

// Written from the text of the OCI distribution specification 1.1; the numbers are its endpoints.

public sealed class Pulling : IAsyncLifetime
{
    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task end_1_says_that_this_is_a_registry() =>
        Assert.Equal("registry/2.0", (await server.Send("GET", "/v2/").Is(200)).Header("Docker-Distribution-Api-Version"));

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task end_2_a_blob_comes_with_its_length_and_digest(string method)
    {
        var blob = await server.PushBlob("a/b", "0123456789"u8.ToArray());
        using var answer = await server.Send(method, $"/v2/a/b/blobs/{blob.Digest}").Is(200);
        Assert.Equal(10, answer.Content.Headers.ContentLength);
        Assert.Equal(blob.Digest.ToString(), answer.Header("Docker-Content-Digest"));
        Assert.Equal(method == "GET" ? "0123456789" : "", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=8-100", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=10-", 416, null, "bytes */10")]
    [InlineData("bytes=nonsense", 200, "0123456789", null)]
    public async Task end_2_a_blob_comes_in_ranges(string range, int status, string? body, string? contentRange)
    {
        var blob = await server.PushBlob("a/b", "0123456789"u8.ToArray());
        using var answer = await server.Send("GET", $"/v2/a/b/blobs/{blob.Digest}", headers: ("Range", range)).Is(status);
        Assert.Equal(contentRange, answer.Header("Content-Range"));
        if (body is not null)
            Assert.Equal(body, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task end_3_a_manifest_comes_by_tag_and_by_digest_as_it_was_pushed(string method)
    {
        var image = await server.PushImage("a/b", "x", "1.0");
        foreach (var reference in new[] { "1.0", image.Digest.ToString() })
        {
            using var answer = await server.Send(method, $"/v2/a/b/manifests/{reference}").Is(200);
            Assert.Equal(image.Digest.ToString(), answer.Header("Docker-Content-Digest"));
            Assert.Equal(MediaType.Manifest, answer.Content.Headers.ContentType!.ToString());
            Assert.Equal(image.Size, answer.Content.Headers.ContentLength);
            if (method == "GET")
                Assert.Equal(image.Digest, Digest.Of(await answer.Content.ReadAsByteArrayAsync()));
        }
    }

    [Fact]
    public async Task what_is_not_here_is_404_with_its_code()
    {
        var absent = Digest.Of("absent");
        await server.Send("GET", $"/v2/a/b/blobs/{absent}").Is(404, "BLOB_UNKNOWN");
        await server.Send("GET", $"/v2/a/b/manifests/{absent}").Is(404, "MANIFEST_UNKNOWN");
        await server.Send("GET", "/v2/a/b/manifests/1.0").Is(404, "MANIFEST_UNKNOWN");
        await server.Send("GET", "/v2/a/b/manifests/.no-tag").Is(404, "MANIFEST_UNKNOWN");
        await server.Send("GET", "/v2/a/b/tags/list").Is(404, "NAME_UNKNOWN");
        await server.Send("HEAD", $"/v2/a/b/blobs/{absent}").Is(404);
    }

    [Theory]
    [InlineData("/v2/a/b/blobs/sha256:abc", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/manifests/sha256:totallywrong", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/referrers/sha256:xyz", "DIGEST_INVALID")]
    [InlineData("/v2/A/B/tags/list", "NAME_INVALID")]
    [InlineData("/v2/a/..%2f..%2fetc/tags/list", "NAME_INVALID")]
    [InlineData("/v2/a_-b/tags/list", "NAME_INVALID")]
    public async Task what_is_malformed_is_400_with_its_code(string path, string code) => await server.Send("GET", path).Is(400, code);

    [Fact]
    public async Task a_blob_of_another_repository_is_not_shown()
    {
        var blob = await server.PushBlob("a/b", "secret"u8.ToArray());
        await server.Send("GET", $"/v2/other/blobs/{blob.Digest}").Is(404, "BLOB_UNKNOWN");
    }
}

public sealed class PushingBlobs : IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    private static readonly Digest ContentDigest = Digest.Of(Content);

    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task end_4a_and_6_in_two_requests()
    {
        var location = await Begin();
        using var answer = await server.Send("PUT", $"{location}?digest={ContentDigest}", Content, "application/octet-stream").Is(201);
        await IsStored(answer);
        await server.Send("GET", location).Is(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task end_4b_in_one_request()
    {
        using var answer = await server.Send("POST", $"/v2/a/b/blobs/uploads/?digest={ContentDigest}", Content, "application/octet-stream").Is(201);
        await IsStored(answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task end_5_in_chunks_and_the_last_one_may_come_with_the_put(bool lastWithPut)
    {
        var location = await Begin();
        var chunks = Content.Chunk(300).ToList();
        var sent = 0;
        foreach (var chunk in lastWithPut ? chunks[..^1] : chunks)
        {
            using var answer = await server.Send("PATCH", location, chunk, headers: ("Content-Range", $"{sent}-{sent + chunk.Length - 1}")).Is(202);
            sent += chunk.Length;
            Assert.Equal($"0-{sent - 1}", answer.Header("Range"));
            location = answer.Header("Location")!;
        }
        (string, string)[] range = lastWithPut ? [("Content-Range", $"{sent}-{Content.Length - 1}")] : [];
        using var done = await server.Send("PUT", $"{location}?digest={ContentDigest}", lastWithPut ? chunks[^1] : [], headers: range).Is(201);
        await IsStored(done);
    }

    [Fact]
    public async Task end_5_as_a_stream_without_ranges()
    {
        var location = await Begin();
        using var answer = await server.Send("PATCH", location, Content).Is(202);
        Assert.Equal("0-999", answer.Header("Range"));
        await server.Send("PUT", $"{location}?digest={ContentDigest}").Is(201);
    }

    [Theory]
    [InlineData("5-14")] // the first chunk does not begin at 0
    [InlineData("nonsense")]
    [InlineData("0-3")] // ten bytes come
    public async Task end_5_a_chunk_out_of_order_is_416_with_where_to_go_on(string range)
    {
        var location = await Begin();
        using var answer = await server.Send("PATCH", location, Content[..10], headers: ("Content-Range", range)).Is(416);
        Assert.Equal("0-0", answer.Header("Range"));
        Assert.Equal(location, answer.Header("Location"));
        await server.Send("PUT", $"{location}?digest={ContentDigest}", Content).Is(201);
    }

    [Fact]
    public async Task end_5_a_chunk_sent_twice_is_416_and_does_no_harm()
    {
        var location = await Begin();
        await server.Send("PATCH", location, Content[..500], headers: ("Content-Range", "0-499")).Is(202);
        using var again = await server.Send("PATCH", location, Content[..500], headers: ("Content-Range", "0-499")).Is(416);
        Assert.Equal("0-499", again.Header("Range"));
        await server.Send("PUT", $"{location}?digest={ContentDigest}", Content[500..], headers: ("Content-Range", "500-999")).Is(201);
    }

    [Fact]
    public async Task end_6_other_bytes_than_promised_are_400_and_nothing_is_stored()
    {
        var location = await Begin();
        await server.Send("PUT", $"{location}?digest={Digest.Of("other")}", Content).Is(400, "DIGEST_INVALID");
        await server.Send("GET", $"/v2/a/b/blobs/{ContentDigest}").Is(404);
        Assert.Empty(Directory.GetFiles(Path.Combine(server.Store.Root, "blobs", "sha256")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?digest=sha256:baad")]
    public async Task end_6_without_a_digest_is_400_and_the_upload_goes_on(string query)
    {
        var location = await Begin();
        await server.Send("PUT", location + query, Content).Is(400, "DIGEST_INVALID");
        await server.Send("PUT", $"{location}?digest={ContentDigest}", Content).Is(201);
    }

    [Fact]
    public async Task sha512_is_as_good()
    {
        var digest = Digest.FromHash(SHA512.HashData(Content));
        var location = await Begin();
        await server.Send("PATCH", location, Content).Is(202);
        using var answer = await server.Send("PUT", $"{location}?digest={digest}").Is(201);
        Assert.Equal(digest.ToString(), answer.Header("Docker-Content-Digest"));
        Assert.Equal(Content, await server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}"));
    }

    [Fact]
    public async Task the_empty_blob_is_a_blob()
    {
        var location = await Begin();
        await server.Send("PUT", $"{location}?digest={Digest.Of("")}").Is(201);
        Assert.Empty(await server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of("")}"));
    }

    [Fact]
    public async Task end_11_a_mount_takes_from_the_repository_that_it_names()
    {
        var blob = await server.PushBlob("from/here", Content);
        using var answer = await server.Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}&from=from/here").Is(201);
        await IsStored(answer);
    }

    [Theory]
    [InlineData("&from=from/elsewhere", 202)]
    [InlineData("&from=../..", 202)]
    [InlineData("", 201)] // the specification lets a registry find it by itself
    public async Task end_11_a_mount_that_fails_becomes_an_upload(string from, int status)
    {
        var blob = await server.PushBlob("from/here", Content);
        using var answer = await server.Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}{from}").Is(status);
        Assert.NotNull(answer.Header("Location"));
        using var absent = await server.Send("POST", $"/v2/a/b/blobs/uploads/?mount={Digest.Of("absent")}{from}").Is(202);
        Assert.Contains("/uploads/", absent.Header("Location"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task end_13_the_status_tells_where_to_go_on()
    {
        var location = await Begin();
        await server.Send("PATCH", location, Content[..100]).Is(202);
        using var answer = await server.Send("GET", location).Is(204);
        Assert.Equal("0-99", answer.Header("Range"));
        Assert.Equal(location, answer.Header("Location"));
    }

    [Fact]
    public async Task end_14_a_cancelled_upload_is_forgotten()
    {
        var location = await Begin();
        await server.Send("PATCH", location, Content[..100]).Is(202);
        await server.Send("DELETE", location).Is(204);
        await server.Send("GET", location).Is(404, "BLOB_UPLOAD_UNKNOWN");
        Assert.Empty(Directory.GetFiles(Path.Combine(server.Store.Repositories.Folder, "a", "b", "_uploads")));
    }

    private async Task<string> Begin()
    {
        using var answer = await server.Send("POST", "/v2/a/b/blobs/uploads/").Is(202);
        return answer.Header("Location")!;
    }

    private async Task IsStored(HttpResponseMessage created)
    {
        Assert.Equal(ContentDigest.ToString(), created.Header("Docker-Content-Digest"));
        Assert.Equal(Content, await server.Http.GetByteArrayAsync(created.Header("Location")));
    }
}

public sealed class PushingManifests : IAsyncLifetime
{
    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task end_7_one_whose_blobs_are_missing_is_refused_with_each_of_them()
    {
        var absent = new[] { "1", "2" }.Select(text => new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of(text), Size = 1 }).ToArray();
        var manifest = new Manifest { Config = await server.PushBlob("a/b", "{}"u8.ToArray(), MediaType.Config), Layers = [.. absent] }.ToJson();
        using var answer = await server.Send("PUT", "/v2/a/b/manifests/1", manifest, MediaType.Manifest).Is(400, "MANIFEST_BLOB_UNKNOWN");
        var errors = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errors").EnumerateArray();
        Assert.Equal(absent.Select(layer => layer.Digest.ToString()), errors.Select(error => error.GetProperty("detail").GetString()));
        await server.Send("GET", "/v2/a/b/manifests/1").Is(404);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":null}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:x","size":2},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""")]
    public async Task end_7_what_is_no_manifest_is_400(string body) =>
        await server.Send("PUT", "/v2/a/b/manifests/1", Encoding.UTF8.GetBytes(body), MediaType.Manifest).Is(400, "MANIFEST_INVALID");

    [Fact]
    public async Task end_7_under_a_digest_that_is_not_its_own_it_is_400()
    {
        var image = await server.PushImage("a/b", "x", "1");
        var bytes = await server.Http.GetByteArrayAsync($"/v2/a/b/manifests/{image.Digest}");
        await server.Send("PUT", $"/v2/a/b/manifests/{Digest.Of("other")}", bytes, MediaType.Manifest).Is(400, "DIGEST_INVALID");
        await server.Send("PUT", "/v2/a/b/manifests/sha256:zz", bytes, MediaType.Manifest).Is(400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task end_7_a_tag_that_is_none_is_400()
    {
        var image = await server.PushImage("a/b", "x", "1");
        var bytes = await server.Http.GetByteArrayAsync($"/v2/a/b/manifests/{image.Digest}");
        await server.Send("PUT", "/v2/a/b/manifests/.no-tag", bytes, MediaType.Manifest).Is(400, "MANIFEST_INVALID");
    }

    [Fact]
    public async Task end_7_one_that_is_too_large_is_413() =>
        await server.Send("PUT", "/v2/a/b/manifests/1", new byte[Limits.DocumentBytes + 1], MediaType.Manifest).Is(413, "SIZE_INVALID");

    [Fact]
    public async Task end_7_by_digest_needs_no_tag_and_makes_none()
    {
        var image = await server.PushImage("a/b", "x", tag: null);
        await server.Send("GET", $"/v2/a/b/manifests/{image.Digest}").Is(200);
        Assert.Empty(server.Store.Tags.List());
    }

    [Fact]
    public async Task end_7_by_a_sha512_digest_it_is_found_by_that()
    {
        var image = await server.PushImage("a/b", "x", "1");
        var bytes = await server.Http.GetByteArrayAsync($"/v2/a/b/manifests/{image.Digest}");
        var digest = Digest.FromHash(SHA512.HashData(bytes));
        await server.Send("PUT", $"/v2/a/b/manifests/{digest}", bytes, MediaType.Manifest).Is(201);
        using var answer = await server.Send("GET", $"/v2/a/b/manifests/{digest}").Is(200);
        Assert.Equal(digest.ToString(), answer.Header("Docker-Content-Digest"));
    }

    [Fact]
    public async Task end_7_a_subject_is_confirmed_though_it_may_not_be_here()
    {
        var subject = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("absent"), Size = 6 };
        await server.PushBlob("a/b", "{}"u8.ToArray());
        var bytes = new Manifest { Config = new Descriptor { MediaType = MediaType.Empty, Digest = Digest.Of("{}"), Size = 2 }, Layers = [], Subject = subject }.ToJson();
        using var answer = await server.Send("PUT", $"/v2/a/b/manifests/{Digest.Of(bytes)}", bytes, MediaType.Manifest).Is(201);
        Assert.Equal(subject.Digest.ToString(), answer.Header("OCI-Subject"));
    }

    [Fact]
    public async Task an_index_needs_its_manifests_first()
    {
        var image = await server.PushImage("a/b", "x", tag: null);
        var index = new ImageIndex { Manifests = [image with { Platform = PlatformFields.From(Platform.Parse("linux/arm64")) }] };
        await server.Send("PUT", "/v2/a/b/manifests/multi", index.ToJson(), MediaType.Index).Is(201);
        var broken = new ImageIndex { Manifests = [image with { Digest = Digest.Of("absent") }] };
        await server.Send("PUT", "/v2/a/b/manifests/broken", broken.ToJson(), MediaType.Index).Is(400, "MANIFEST_BLOB_UNKNOWN");
    }
}

public sealed class DiscoveringAndDeleting : IAsyncLifetime
{
    private RunningServer server = null!;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync(options => options with { AllowDelete = true });

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task end_8_tags_come_sorted_and_in_pages()
    {
        foreach (var tag in new[] { "v3", "v1", "v10", "V2" })
            await server.PushImage("a/b", "x", tag);
        Assert.Equal(["V2", "v1", "v10", "v3"], await Tags("/v2/a/b/tags/list"));
        Assert.Equal(["v10", "v3"], await Tags("/v2/a/b/tags/list?last=v1"));
        Assert.Empty(await Tags("/v2/a/b/tags/list?n=0"));

        using var first = await server.Send("GET", "/v2/a/b/tags/list?n=3").Is(200);
        Assert.Equal("</v2/a/b/tags/list?n=3&last=v10>; rel=\"next\"", first.Header("Link"));
        using var rest = await server.Send("GET", "/v2/a/b/tags/list?n=3&last=v10").Is(200);
        Assert.Null(rest.Header("Link"));
        Assert.Equal(["v3"], await Tags("/v2/a/b/tags/list?n=3&last=v10"));
    }

    [Fact]
    public async Task end_9_a_deleted_tag_leaves_the_manifest()
    {
        var image = await server.PushImage("a/b", "x", "1");
        await server.Send("DELETE", "/v2/a/b/manifests/1").Is(202);
        await server.Send("GET", "/v2/a/b/manifests/1").Is(404);
        await server.Send("GET", $"/v2/a/b/manifests/{image.Digest}").Is(200);
        Assert.Empty(await Tags("/v2/a/b/tags/list"));
        await server.Send("DELETE", "/v2/a/b/manifests/1").Is(404, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task end_9_a_deleted_manifest_takes_its_tags_with_it()
    {
        var image = await server.PushImage("a/b", "x", "1");
        await server.Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(202);
        await server.Send("GET", "/v2/a/b/manifests/1").Is(404);
        await server.Send("GET", $"/v2/a/b/manifests/{image.Digest}").Is(404);
        await server.Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(404);
    }

    [Fact]
    public async Task end_10_a_deleted_blob_is_gone_from_its_repository_only()
    {
        var blob = await server.PushBlob("a/b", "x"u8.ToArray());
        await server.PushBlob("other", "x"u8.ToArray());
        await server.Send("DELETE", $"/v2/a/b/blobs/{blob.Digest}").Is(202);
        await server.Send("GET", $"/v2/a/b/blobs/{blob.Digest}").Is(404);
        await server.Send("DELETE", $"/v2/a/b/blobs/{blob.Digest}").Is(404, "BLOB_UNKNOWN");
        await server.Send("GET", $"/v2/other/blobs/{blob.Digest}").Is(200);
    }

    [Fact]
    public async Task end_12_referrers_are_listed_filtered_and_forgotten()
    {
        var subject = await server.PushImage("a/b", "x", "1");
        var note = ImmutableAnnotations("org.example", "note");
        var sbom = await server.PushImage("a/b", "sbom", null, manifest => manifest with { Subject = subject, ArtifactType = "application/spdx", Annotations = note });
        var plain = await server.PushImage("a/b", "plain", null, manifest => manifest with { Subject = subject });

        var (all, filters) = await Referrers(subject.Digest, "");
        Assert.Equal(new[] { sbom.Digest, plain.Digest }.Order(), all.Select(entry => entry.Digest));
        Assert.Null(filters);
        Assert.Equal("note", all.Single(entry => entry.Digest == sbom.Digest).Annotations!["org.example"]);
        Assert.Equal(MediaType.Config, all.Single(entry => entry.Digest == plain.Digest).ArtifactType); // the config's type stands in

        (all, filters) = await Referrers(subject.Digest, "?artifactType=application/spdx");
        Assert.Equal([sbom.Digest], all.Select(entry => entry.Digest));
        Assert.Equal("artifactType", filters);

        await server.Send("DELETE", $"/v2/a/b/manifests/{sbom.Digest}").Is(202);
        Assert.Equal([plain.Digest], (await Referrers(subject.Digest, "")).Entries.Select(entry => entry.Digest));
        Assert.Empty((await Referrers(Digest.Of("nothing"), "")).Entries);
    }

    [Fact]
    public async Task the_catalog_names_every_repository()
    {
        await server.PushImage("b", "x", "1");
        await server.PushImage("a/b", "x", null);
        var body = await server.Http.GetStringAsync("/v2/_catalog");
        Assert.Equal("""{"repositories":["a/b","b"]}""", body);
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, string> ImmutableAnnotations(string key, string value) =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add(key, value);

    private async Task<IEnumerable<string>> Tags(string path) =>
        JsonDocument.Parse(await server.Http.GetStringAsync(path)).RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!).ToList();

    private async Task<(IReadOnlyList<Descriptor> Entries, string? Filters)> Referrers(Digest subject, string query)
    {
        using var answer = await server.Send("GET", $"/v2/a/b/referrers/{subject}{query}").Is(200);
        Assert.Equal(MediaType.Index, answer.Content.Headers.ContentType!.ToString());
        return (ImageIndex.Parse(await answer.Content.ReadAsByteArrayAsync()).Manifests, answer.Header("OCI-Filters-Applied"));
    }
}
