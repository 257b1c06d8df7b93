using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class PullingBlobs : WithAServer
{
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task end_1_says_that_this_is_a_registry(string method) =>
        Assert.Equal("registry/2.0", (await Send(method, "/v2/").Is(200)).Header("Docker-Distribution-Api-Version"));

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task end_2_a_blob_comes_with_its_length_and_digest(string method)
    {
        var blob = await Server.PushBlob("a/b", "0123456789"u8.ToArray());
        using var answer = await Send(method, $"/v2/a/b/blobs/{blob.Digest}").Is(200);
        Assert.Equal(10, answer.Content.Headers.ContentLength);
        Assert.Equal(blob.Digest.ToString(), answer.Header("Docker-Content-Digest"));
        Assert.Equal("bytes", answer.Header("Accept-Ranges"));
        Assert.Equal(method == "GET" ? "0123456789" : "", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("bytes=0-0", 206, "0", "bytes 0-0/10")]
    [InlineData("bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-100", 206, "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=8-100", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=8-99999999999999999999", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=10-", 416, null, "bytes */10")]
    [InlineData("bytes=99999999999999999999-", 416, null, "bytes */10")]
    [InlineData("bytes=5-4", 416, null, "bytes */10")]
    [InlineData("bytes=-0", 416, null, "bytes */10")]
    [InlineData("bytes=-", 200, "0123456789", null)]
    [InlineData("bytes=0-1,3-4", 200, "0123456789", null)]
    [InlineData("lines=0-1", 200, "0123456789", null)]
    [InlineData("bytes=nonsense", 200, "0123456789", null)]
    public async Task end_2_a_blob_comes_in_ranges(string range, int status, string? body, string? contentRange)
    {
        var blob = await Server.PushBlob("a/b", "0123456789"u8.ToArray());
        using var answer = await Send("GET", $"/v2/a/b/blobs/{blob.Digest}", headers: ("Range", range)).Is(status);
        Assert.Equal(contentRange, answer.Header("Content-Range"));
        if (body is not null)
            Assert.Equal(body, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task end_2_the_answer_to_head_is_about_the_whole_blob()
    {
        var blob = await Server.PushBlob("a/b", "0123456789"u8.ToArray());
        using var answer = await Send("HEAD", $"/v2/a/b/blobs/{blob.Digest}", headers: ("Range", "bytes=2-4")).Is(200);
        Assert.Equal(10, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task the_empty_blob_has_no_part()
    {
        var blob = await Server.PushBlob("a/b", []);
        Assert.Empty(await Server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{blob.Digest}"));
        await Send("GET", $"/v2/a/b/blobs/{blob.Digest}", headers: ("Range", "bytes=0-")).Is(416);
    }

    [Fact]
    public async Task what_is_not_here_is_404_with_its_code()
    {
        using var answer = await Send("GET", $"/v2/a/b/blobs/{Digest.Of("absent")}").Is(404, "BLOB_UNKNOWN");
        Assert.Contains("'a/b' has no blob 'sha256:", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Send("HEAD", $"/v2/a/b/blobs/{Digest.Of("absent")}").Is(404);
    }

    [Fact]
    public async Task a_blob_of_another_repository_is_not_shown()
    {
        var blob = await Server.PushBlob("a/b", "secret"u8.ToArray());
        await Send("GET", $"/v2/other/blobs/{blob.Digest}").Is(404, "BLOB_UNKNOWN");
    }

    [Theory]
    [InlineData("/v2/a/b/blobs/sha256:abc", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/blobs/md5:d41d8cd98f00b204e9800998ecf8427e", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/blobs/sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/manifests/sha256:totallywrong", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/manifests/sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "DIGEST_INVALID")]
    [InlineData("/v2/a/b/referrers/sha256:xyz", "DIGEST_INVALID")]
    [InlineData("/v2/A/B/tags/list", "NAME_INVALID")]
    [InlineData("/v2/a/..%2f..%2fetc/tags/list", "NAME_INVALID")]
    [InlineData("/v2/a_-b/tags/list", "NAME_INVALID")]
    public async Task what_is_malformed_is_400_with_its_code(string path, string code) => await Send("GET", path).Is(400, code);

    [Theory]
    [InlineData("POST", "/v2/")]
    [InlineData("PUT", "/v2/a/b/tags/list")]
    [InlineData("PATCH", "/v2/a/b/manifests/1")]
    [InlineData("POST", "/v2/a/b/blobs/uploads/00000000000000000000000000000000")]
    public async Task what_is_no_method_of_an_endpoint_is_refused(string method, string path) =>
        Assert.Contains((int)(await Send(method, path)).StatusCode, new[] { 404, 405 });
}
