namespace Manifold.Tests.Server;

public sealed class Deleting() : WithAServer(options => options with { AllowDelete = true })
{
    [Fact]
    public async Task end_9_a_deleted_tag_leaves_the_manifest_and_other_tags()
    {
        var image = await Server.PushImage("a/b", "x", "1");
        await Server.PushImage("a/b", "x", "2");
        await Send("DELETE", "/v2/a/b/manifests/1").Is(202);
        await Send("GET", "/v2/a/b/manifests/1").Is(404);
        await Send("GET", "/v2/a/b/manifests/2").Is(200);
        await Send("GET", $"/v2/a/b/manifests/{image.Digest}").Is(200);
        await Send("DELETE", "/v2/a/b/manifests/1").Is(404, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task end_9_a_deleted_manifest_takes_its_tags_with_it()
    {
        var image = await Server.PushImage("a/b", "x", "1");
        await Server.PushImage("a/b", "x", "2");
        await Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(202);
        foreach (var reference in new[] { "1", "2", image.Digest.ToString() })
            await Send("GET", $"/v2/a/b/manifests/{reference}").Is(404);
        await Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(404);
    }

    [Fact]
    public async Task end_9_in_one_repository_is_not_felt_in_another()
    {
        var image = await Server.PushImage("a/b", "x", "1");
        await Server.PushImage("other", "x", "1");
        await Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(202);
        await Send("GET", "/v2/other/manifests/1").Is(200);
    }

    [Fact]
    public async Task end_10_a_deleted_blob_is_gone_from_its_repository_only()
    {
        var blob = await Server.PushBlob("a/b", "x"u8.ToArray());
        await Server.PushBlob("other", "x"u8.ToArray());
        await Send("DELETE", $"/v2/a/b/blobs/{blob.Digest}").Is(202);
        await Send("GET", $"/v2/a/b/blobs/{blob.Digest}").Is(404);
        await Send("DELETE", $"/v2/a/b/blobs/{blob.Digest}").Is(404, "BLOB_UNKNOWN");
        await Send("GET", $"/v2/other/blobs/{blob.Digest}").Is(200);
    }

    [Fact]
    public async Task what_is_malformed_is_400()
    {
        await Send("DELETE", "/v2/a/b/manifests/sha256:abc").Is(400, "DIGEST_INVALID");
        await Send("DELETE", "/v2/a/b/blobs/sha256:abc").Is(400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task what_is_deleted_may_be_pushed_again()
    {
        var image = await Server.PushImage("a/b", "x", "1");
        await Send("DELETE", $"/v2/a/b/manifests/{image.Digest}").Is(202);
        await Server.PushImage("a/b", "x", "1");
        await Send("GET", "/v2/a/b/manifests/1").Is(200);
    }
}

public sealed class NotDeleting : WithAServer
{
    [Fact]
    public async Task unless_it_was_allowed_everything_stays()
    {
        var image = await Server.PushImage("a/b", "x", "1");
        var blob = await Server.PushBlob("a/b", "blob"u8.ToArray());
        foreach (var path in new[] { "manifests/1", $"manifests/{image.Digest}", $"blobs/{blob.Digest}" })
        {
            await Send("DELETE", $"/v2/a/b/{path}").Is(405, "UNSUPPORTED");
            await Send("GET", $"/v2/a/b/{path}").Is(200);
        }
    }
}
