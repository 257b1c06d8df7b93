using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Tests.Publishing;

/// <summary><see cref="ContentTransfer"/>: what is asked for, what is sent, mounted or left, and in which order.</summary>
public sealed class SendingContent : WithAnImage
{
    [Fact]
    public async Task leaves_come_before_the_root_and_tags_come_last()
    {
        var image = await ImageAsync("x");

        await PublishAsync(image, "app:one", "app:two");

        var writes = Registry.Requests.Where(asked => asked.Method == "PUT").ToList();
        Assert.Equal(["blob", "blob", "blob", "manifest", "manifest", "index", "tag", "tag"],
            writes.Select(asked => KindOf(asked, image)).OrderBy(kind => Array.IndexOf(["blob", "manifest", "index", "tag"], kind)));
        foreach (var entry in Entries(image))
        {
            var manifest = Manifest.Parse(Store.ReadDocument(entry.Digest));
            foreach (var blob in manifest.Layers.Append(manifest.Config))
                Assert.InRange(Place(writes, $"digest={blob.Digest}"), 0, Place(writes, entry.Digest.ToString()) - 1);
            Assert.InRange(Place(writes, entry.Digest.ToString()), 0, Place(writes, image.Digest.ToString()) - 1);
        }
        Assert.All(writes.TakeWhile(asked => !asked.Path.EndsWith(image.Digest.ToString(), StringComparison.Ordinal)),
            asked => Assert.False(IsTag(asked.Path), $"{asked.Path} came before the index"));
    }

    [Fact]
    public async Task what_the_repository_has_is_not_sent()
    {
        var image = await ImageAsync("x");
        var first = await SendAsync("app", image, Scrutiny.OfNew);
        Registry.Requests.Clear();

        var second = await SendAsync("app", image, Scrutiny.OfNew);

        Assert.Equal((3, 0, 0), (first.Uploaded, first.Mounted, first.AlreadyThere));
        Assert.Equal((0, 0, 3, 0L), (second.Uploaded, second.Mounted, second.AlreadyThere, second.UploadedBytes));
        Assert.All(Registry.Requests, asked => Assert.Equal("HEAD", asked.Method));
    }

    [Fact]
    public async Task where_every_manifest_is_there_blobs_are_not_asked_for_unless_that_is_asked()
    {
        var image = await ImageAsync("x");
        await SendAsync("app", image, Scrutiny.OfNew);
        Registry.Requests.Clear();

        await SendAsync("app", image, new Scrutiny(IsPublished: true, AsksForBlobs: false));

        Assert.Equal(3, Registry.Requests.Count);
        Assert.Equal(3, Registry.Count("HEAD", "/manifests/"));
    }

    [Fact]
    public async Task a_blob_that_was_lost_is_sent_again_and_so_are_the_documents_above_it()
    {
        var image = await ImageAsync("x");
        await SendAsync("app", image, Scrutiny.OfNew);
        var config = Manifest.Parse(Store.ReadDocument(Entries(image)[0].Digest)).Config;
        Registry.LoseBlob(config.Digest);
        Registry.Requests.Clear();

        var sent = await SendAsync("app", image, new Scrutiny(IsPublished: true, AsksForBlobs: true));

        Assert.Equal((1, 1), (sent.Uploaded, sent.Restored));
        Assert.Equal([$"/v2/app/manifests/{Entries(image)[0].Digest}", $"/v2/app/manifests/{image.Digest}"],
            Registry.Requests.Where(asked => asked is { Method: "PUT" } && asked.Path.Contains("/manifests/", StringComparison.Ordinal))
                .Select(asked => asked.Path));
    }

    [Fact]
    public async Task another_repository_of_the_registry_mounts()
    {
        var image = await ImageAsync("x");
        await SendAsync("app", image, Scrutiny.OfNew);
        Registry.Requests.Clear();

        var sent = await SendAsync("mirror", image, Scrutiny.OfNew);

        Assert.Equal((0, 3, 0L), (sent.Uploaded, sent.Mounted, sent.UploadedBytes));
        Assert.Equal(0, Registry.OpenUploads);
        Assert.All(Registry.Requests.Where(asked => asked.Method == "POST"),
            asked => Assert.Contains("from=app", asked.Query, StringComparison.Ordinal));
        IsWhole("mirror", image);
    }

    [Fact]
    public async Task a_mount_that_the_registry_does_not_do_becomes_an_upload()
    {
        var image = await ImageAsync("x");
        await SendAsync("app", image, Scrutiny.OfNew);
        // The other repository has lost them since: the registry answers the mount with an upload.
        foreach (var blob in Registry.Linked.Keys.ToList())
            Registry.Linked.TryRemove(blob, out _);

        var sent = await SendAsync("mirror", image, Scrutiny.OfNew);

        Assert.Equal((3, 0), (sent.Uploaded, sent.Mounted));
        IsWhole("mirror", image);
    }

    [Fact]
    public async Task an_upload_that_is_cut_goes_on_where_it_was()
    {
        Options = Options with { ChunkBytes = 4 * 1024 };
        var layer = Noise(10 * 1024);
        var image = await ImageOfAsync(layer);
        var cuts = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Headers.ContentRange != "4096-8191" || Interlocked.Decrement(ref cuts) < 0)
                return false;
            await context.Request.Body.ReadExactlyAsync(new byte[1000]);
            context.Abort();
            return true;
        };

        await SendAsync("app", image, Scrutiny.OfNew);

        Assert.Equal(layer, Registry.Blobs[Digest.Of(layer)]);
        Assert.Equal(["0-4095", "4096-8191", "4096-8191", "8192-10239"],
            Registry.Requests.Where(asked => asked.Method == "PATCH").Select(asked => asked.ContentRange!));
    }

    [Fact]
    public async Task a_blob_that_was_accepted_and_is_not_there_is_a_failure_before_its_manifest()
    {
        var image = await ImageAsync("x");
        var isSent = false;
        Registry.Fault = async context =>
        {
            isSent |= context.Request.Method == "PUT";
            if (!isSent || context.Request.Method != "HEAD" || !context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
                return false;
            await ScriptedRegistry.RefuseAsync(context, 404, "BLOB_UNKNOWN");
            return true;
        };

        var failure = await Assert.ThrowsAnyAsync<RegistryException>(() => SendAsync("app", image, Scrutiny.OfNew));

        Assert.Contains("accepted the blob", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, Registry.Count("PUT", "/manifests/"));
    }

    [Theory]
    [InlineData(true, "does not have it")]
    [InlineData(false, "bytes of it instead of")]
    public async Task a_manifest_that_was_accepted_and_is_not_there_is_a_failure_before_the_index(bool isGone, string expected)
    {
        var image = await ImageAsync("x", "linux/amd64");
        var (manifest, isSent) = (Entries(image)[0], false);
        Registry.Fault = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith(manifest.Digest.ToString(), StringComparison.Ordinal))
                return false;
            if (context.Request.Method == "PUT")
            {
                isSent = true;
                await ScriptedRegistry.ReadAsync(context);
                context.Response.StatusCode = 201;
                return true;
            }
            if (!isSent || isGone)
                return false;
            context.Response.Headers["Docker-Content-Digest"] = manifest.Digest.ToString();
            (context.Response.ContentType, context.Response.ContentLength) = (MediaType.Manifest, 3);
            return true;
        };

        var failure = await Assert.ThrowsAnyAsync<RegistryException>(() => SendAsync("app", image, Scrutiny.OfNew));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, Registry.Count("PUT", image.Digest.ToString()));
    }

    [Fact]
    public async Task what_was_seen_a_moment_ago_is_not_asked_for_again()
    {
        var (image, tools) = (await ImageAsync("x"), Tools());
        await SendAsync(tools, "app", image, Scrutiny.OfNew);
        Registry.Requests.Clear();

        await SendAsync(tools, "app", image, Scrutiny.OfNew);
        Assert.Empty(Registry.Requests);

        Time.Advance(TimeSpan.FromMinutes(1));
        await SendAsync(tools, "app", image, Scrutiny.OfNew);
        Assert.Equal(3, Registry.Count("HEAD", "/manifests/"));
    }

    [Fact]
    public async Task cancelled_no_document_is_sent_and_the_next_transfer_sends_only_the_rest()
    {
        var image = await ImageAsync("x");
        using var cancelling = new CancellationTokenSource();
        Registry.Fault = async context =>
        {
            if (context.Request.Method == "PUT")
                await cancelling.CancelAsync();
            return false;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            SendAsync(Tools(), "app", image, Scrutiny.OfNew, cancelling.Token));

        Assert.Equal(0, Registry.Count("PUT", "/manifests/"));
        Registry.Fault = null;
        await SendAsync("app", image, Scrutiny.OfNew);
        IsWhole("app", image);
    }

    private Task<Transfers> SendAsync(string repository, Descriptor image, Scrutiny scrutiny) =>
        SendAsync(Tools(), repository, image, scrutiny);

    private async Task<Transfers> SendAsync(
        PublishingTools tools, string repository, Descriptor image, Scrutiny scrutiny, CancellationToken cancellation = default)
    {
        var target = Registry.Reference(repository);
        await using var source = new StoreSource(Store, tools.Registry, target, image);
        var transfer = new ContentTransfer(tools, source, target, null);
        await transfer.SendAsync([image], scrutiny, cancellation);
        return transfer.Done;
    }

    private async Task<Descriptor> ImageOfAsync(byte[] layer)
    {
        var config = new ImageConfig { Os = "linux", Architecture = "amd64", RootFs = new RootFs { DiffIds = [Digest.Of(layer)] } };
        return await Store.WriteAsync(new Manifest
        {
            Config = await Store.WriteAsync(config.ToJson(), MediaType.Config),
            Layers = [await Store.WriteAsync(layer, MediaType.LayerGzip)],
        }.ToJson(), MediaType.Manifest);
    }

    private Descriptor[] Entries(Descriptor image) => [.. ImageIndex.Parse(Store.ReadDocument(image.Digest)).Manifests];

    private static string KindOf(ScriptedRegistry.Asked asked, Descriptor image) =>
        asked.Path.Contains("/blobs/", StringComparison.Ordinal) ? "blob" : IsTag(asked.Path) ? "tag"
            : asked.Path.EndsWith(image.Digest.ToString(), StringComparison.Ordinal) ? "index" : "manifest";

    private static int Place(List<ScriptedRegistry.Asked> writes, string content) => writes.FindIndex(asked =>
        asked.Path.EndsWith(content, StringComparison.Ordinal)
        || asked.Query.Replace("%3A", ":", StringComparison.Ordinal).Contains(content, StringComparison.Ordinal));
}
