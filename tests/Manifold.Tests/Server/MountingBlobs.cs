using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class MountingBlobs : WithAServer
{
    private static readonly byte[] Content = "content"u8.ToArray();

    [Fact]
    public async Task end_11_a_mount_takes_from_the_repository_that_it_names()
    {
        var blob = await Server.PushBlob("from/here", Content);
        using var answer = await Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}&from=from/here").Is(201);
        Assert.Equal(blob.Digest.ToString(), answer.Header("Docker-Content-Digest"));
        Assert.Equal(Content, await Server.Http.GetByteArrayAsync(answer.Header("Location")));
    }

    [Fact]
    public async Task end_11_without_a_repository_the_registry_finds_it_by_itself()
    {
        var blob = await Server.PushBlob("from/here", Content);
        await Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}").Is(201);
        await Send("HEAD", $"/v2/a/b/blobs/{blob.Digest}").Is(200);
    }

    [Theory]
    [InlineData("&from=from/elsewhere")]
    [InlineData("&from=../..")]
    [InlineData("&from=")]
    public async Task end_11_a_mount_that_fails_becomes_an_upload(string from)
    {
        var blob = await Server.PushBlob("from/here", Content);
        using var answer = await Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}{from}").Is(202);
        await Send("PUT", $"{answer.Header("Location")}?digest={blob.Digest}", Content).Is(201);
    }

    [Theory]
    [InlineData("")]
    [InlineData("&from=from/here")]
    public async Task end_11_what_is_not_in_the_registry_is_uploaded(string from)
    {
        await Server.PushBlob("from/here", Content);
        using var answer = await Send("POST", $"/v2/a/b/blobs/uploads/?mount={Digest.Of("absent")}{from}").Is(202);
        Assert.Contains("/uploads/", answer.Header("Location"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_mounted_blob_outlives_its_origin()
    {
        await using var server = await RunningServer.StartAsync(options => options with { AllowDelete = true });
        var blob = await server.PushBlob("from/here", Content);
        await server.Send("POST", $"/v2/a/b/blobs/uploads/?mount={blob.Digest}&from=from/here").Is(201);
        await server.Send("DELETE", $"/v2/from/here/blobs/{blob.Digest}").Is(202);
        Assert.Equal(Content, await server.Http.GetByteArrayAsync($"/v2/a/b/blobs/{blob.Digest}"));
    }
}
