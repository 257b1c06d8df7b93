using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class UploadingBlobs : WithAServer
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    private static readonly Digest ContentDigest = Digest.Of(Content);

    [Fact]
    public async Task end_4a_and_6_in_two_requests()
    {
        var location = await BeginUpload();
        using var answer = await Send("PUT", $"{location}?digest={ContentDigest}", Content, "application/octet-stream").Is(201);
        await IsStored(answer);
    }

    [Fact]
    public async Task end_4b_in_one_request()
    {
        using var answer =
            await Send("POST", $"/v2/a/b/blobs/uploads/?digest={ContentDigest}", Content, "application/octet-stream").Is(201);
        await IsStored(answer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task end_5_in_chunks_and_the_last_one_may_come_with_the_put(bool lastWithPut)
    {
        var location = await BeginUpload();
        var chunks = Content.Chunk(300).ToList();
        var sent = 0;
        foreach (var chunk in lastWithPut ? chunks[..^1] : chunks)
        {
            using var answer =
                await Send("PATCH", location, chunk, headers: ("Content-Range", $"{sent}-{sent + chunk.Length - 1}")).Is(202);
            sent += chunk.Length;
            Assert.Equal($"0-{sent - 1}", answer.Header("Range"));
            location = answer.Header("Location")!;
        }
        (string, string)[] range = lastWithPut ? [("Content-Range", $"{sent}-{Content.Length - 1}")] : [];
        using var done = await Send("PUT", $"{location}?digest={ContentDigest}", lastWithPut ? chunks[^1] : [], headers: range).Is(201);
        await IsStored(done);
    }

    [Fact]
    public async Task end_5_as_a_stream_whose_length_nobody_knows()
    {
        var location = await BeginUpload();
        using var answer = await Stream(location, Content).Is(202);
        Assert.Equal("0-999", answer.Header("Range"));
        await Send("PUT", $"{location}?digest={ContentDigest}").Is(201);
    }

    [Theory]
    [InlineData("PATCH", "5-14")] // the first chunk does not begin at 0
    [InlineData("PATCH", "nonsense")]
    [InlineData("PATCH", "0-3")] // ten bytes come
    [InlineData("PATCH", "99999999999999999999-99999999999999999999")]
    [InlineData("PUT", "5-14")]
    public async Task end_5_a_chunk_out_of_order_is_416_with_where_to_go_on(string method, string range)
    {
        var location = await BeginUpload();
        using var answer = await Send(method, $"{location}?digest={ContentDigest}", Content[..10], headers: ("Content-Range", range)).Is(
            416, "BLOB_UPLOAD_INVALID");
        Assert.Equal("0-0", answer.Header("Range"));
        Assert.Equal(location, answer.Header("Location"));
        await Send("PUT", $"{location}?digest={ContentDigest}", Content).Is(201);
    }

    [Fact]
    public async Task end_5_a_streamed_chunk_of_another_length_than_it_says_is_416_and_what_came_counts()
    {
        var location = await BeginUpload();
        using var answer = await Stream(location, Content[..100], ("Content-Range", "0-199")).Is(416);
        Assert.Equal("0-99", answer.Header("Range"));
        await Send("PUT", $"{location}?digest={ContentDigest}", Content[100..], headers: ("Content-Range", "100-999")).Is(201);
    }

    [Fact]
    public async Task end_5_a_chunk_sent_twice_is_416_and_does_no_harm()
    {
        var location = await BeginUpload();
        await Send("PATCH", location, Content[..500], headers: ("Content-Range", "0-499")).Is(202);
        using var again = await Send("PATCH", location, Content[..500], headers: ("Content-Range", "0-499")).Is(416);
        Assert.Equal("0-499", again.Header("Range"));
        await Send("PUT", $"{location}?digest={ContentDigest}", Content[500..], headers: ("Content-Range", "500-999")).Is(201);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("POST")]
    public async Task end_6_other_bytes_than_promised_are_400_and_nothing_is_stored(string with)
    {
        var location = with == "POST" ? "/v2/a/b/blobs/uploads/" : await BeginUpload();
        if (with == "PATCH")
            await Send("PATCH", location, Content).Is(202);
        await Send(with == "POST" ? "POST" : "PUT", $"{location}?digest={Digest.Of("other")}", with == "PATCH" ? [] : Content).Is(400,
            "DIGEST_INVALID");
        await Send("GET", $"/v2/a/b/blobs/{ContentDigest}").Is(404);
        await Send("GET", $"/v2/a/b/blobs/{Digest.Of("other")}").Is(404);
        Assert.Empty(Directory.GetFiles(Path.Combine(Server.Store.Root, "blobs", "sha256")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?digest=sha256:baad")]
    public async Task end_6_without_a_digest_is_400_and_the_upload_goes_on(string query)
    {
        var location = await BeginUpload();
        await Send("PUT", location + query, Content).Is(400, "DIGEST_INVALID");
        await Send("PUT", $"{location}?digest={ContentDigest}", Content).Is(201);
    }

    [Theory]
    [InlineData("?digest=sha256:baad")]
    [InlineData("?mount=sha256:baad&from=a")]
    public async Task end_4b_with_a_malformed_digest_is_400(string query) =>
        await Send("POST", "/v2/a/b/blobs/uploads/" + query).Is(400, "DIGEST_INVALID");

    [Theory]
    [InlineData("")] // the digest is known at the end only: the bytes are read once more
    [InlineData("?digest-algorithm=sha512")]
    public async Task end_4c_sha512_is_as_good(string hint)
    {
        var digest = Sha512(Content);
        var location = await BeginUpload(hint);
        await Send("PATCH", location, Content[..400]).Is(202);
        await Send("PATCH", location, Content[400..]).Is(202);
        using var answer = await Send("PUT", $"{location}?digest={digest}").Is(201);
        Assert.Equal(digest.ToString(), answer.Header("Docker-Content-Digest"));
        Assert.Equal(Content, await Server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}"));
        Assert.True(File.Exists(Path.Combine(Server.Store.Root, "blobs", "sha512", digest.Hex)));
    }

    [Fact]
    public async Task end_4c_a_wrong_hint_does_no_harm_and_an_unknown_one_is_told()
    {
        var location = await BeginUpload("?digest-algorithm=sha512");
        await Send("PATCH", location, Content).Is(202);
        await Send("PUT", $"{location}?digest={ContentDigest}").Is(201);
        await Send("POST", "/v2/a/b/blobs/uploads/?digest-algorithm=md5").Is(400, "UNSUPPORTED");
    }

    [Fact]
    public async Task the_empty_blob_is_a_blob()
    {
        var location = await BeginUpload();
        await Send("PUT", $"{location}?digest={Digest.Of("")}").Is(201);
        Assert.Empty(await Server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest.Of("")}"));
    }

    [Fact]
    public async Task end_13_the_status_tells_where_to_go_on()
    {
        var location = await BeginUpload();
        await Send("PATCH", location, Content[..100]).Is(202);
        using var answer = await Send("GET", location).Is(204);
        Assert.Equal("0-99", answer.Header("Range"));
        Assert.Equal(location, answer.Header("Location"));
    }

    [Fact]
    public async Task end_14_a_cancelled_upload_is_forgotten()
    {
        var location = await BeginUpload();
        await Send("PATCH", location, Content[..100]).Is(202);
        await Send("DELETE", location).Is(204);
        await Send("GET", location).Is(404, "BLOB_UPLOAD_UNKNOWN");
        await Send("DELETE", location).Is(404, "BLOB_UPLOAD_UNKNOWN");
        Assert.Empty(Directory.GetFiles(Path.Combine(Server.Store.Repositories.Folder, "a", "b", "_uploads")));
    }

    [Fact]
    public async Task an_upload_belongs_to_its_repository()
    {
        var location = await BeginUpload();
        await Send("PATCH", location.Replace("/a/b/", "/c/"), Content).Is(404, "BLOB_UPLOAD_UNKNOWN");
    }

    private Task<HttpResponseMessage> Stream(string location, byte[] content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new StreamContent(new MemoryStream(content)) };
        request.Headers.TransferEncodingChunked = true;
        foreach (var (name, value) in headers)
            request.Content.Headers.TryAddWithoutValidation(name, value);
        return Server.Http.SendAsync(request);
    }

    private async Task IsStored(HttpResponseMessage created)
    {
        Assert.Equal(ContentDigest.ToString(), created.Header("Docker-Content-Digest"));
        Assert.Equal(Content, await Server.Http.GetByteArrayAsync(created.Header("Location")));
    }
}
