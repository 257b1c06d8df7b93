using System.Net;
using System.Text.RegularExpressions;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

public sealed partial class PushingToAFaultyRegistry : WithARegistry
{
    [Fact]
    public async Task a_small_blob_takes_three_requests()
    {
        var blob = await StoreAsync(Noise(10_000));
        Assert.Equal(BlobPush.Uploaded, await PushAsync(blob));
        Assert.Equal(["HEAD", "POST", "PUT"], Methods());
        Assert.Equal(BlobPush.AlreadyThere, await PushAsync(blob));
    }

    [Fact]
    public async Task a_large_blob_goes_in_pieces()
    {
        var content = Noise(600_000);
        Assert.Equal(BlobPush.Uploaded, await PushAsync(await StoreAsync(content)));
        Assert.Equal(["HEAD", "POST", "PATCH", "PATCH", "PATCH", "PUT"], Methods());
        Assert.Equal(["0-262143", "262144-524287", "524288-599999"],
            Registry.Requests.Select(request => request.ContentRange).OfType<string>());
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
    }

    [Fact]
    public async Task pieces_are_as_large_as_the_registry_wants_them()
    {
        Registry.Fault = context =>
        {
            if (context.Request.Method == "POST")
                context.Response.Headers["OCI-Chunk-Min-Length"] = "400000";
            return Task.FromResult(false);
        };
        await PushAsync(await StoreAsync(Noise(600_000)));
        Assert.Equal(["0-399999", "400000-599999"], Registry.Requests.Select(request => request.ContentRange).OfType<string>());
    }

    [Fact]
    public async Task a_piece_that_was_cut_goes_on_where_the_registry_says()
    {
        var content = Noise(600_000);
        var cuts = 2;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PATCH" || Interlocked.Decrement(ref cuts) < 0)
                return false;
            context.Request.Body = new MemoryStream(await ReadSomeAsync(context, 100_000));
            return false; // kept, and answered with how much it was
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
        Assert.Equal(["0-262143", "100000-362143", "200000-462143", "462144-599999"],
            Registry.Requests.Select(request => request.ContentRange).OfType<string>());
    }

    [Fact]
    public async Task a_connection_cut_in_a_piece_is_followed_by_asking_how_far_it_got()
    {
        var content = Noise(600_000);
        var cuts = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PATCH"
                || context.Request.Headers.ContentRange != "262144-524287"
                || Interlocked.Decrement(ref cuts) < 0)
                return false;
            await ReadSomeAsync(context, 50_000);
            context.Abort();
            return true;
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
        Assert.Equal(["HEAD", "POST", "PATCH", "PATCH", "HEAD", "GET", "PATCH", "PATCH", "PUT"], Methods());
    }

    [Theory]
    [InlineData(404)]
    [InlineData(416)]
    [InlineData(429)]
    [InlineData(502)]
    public async Task trouble_with_a_piece_is_overcome(int status)
    {
        var content = Noise(600_000);
        var failures = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PATCH" || Interlocked.Decrement(ref failures) < 0)
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = status;
            return true;
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(501)]
    public async Task a_registry_that_takes_no_pieces_gets_the_whole(int status)
    {
        var content = Noise(600_000);
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PATCH")
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = status;
            return true;
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
        Assert.Null(Registry.Requests.Last(request => request.Method == "PUT").ContentRange);
    }

    [Fact]
    public async Task a_blob_that_the_registry_finds_out_of_step_is_sent_once_as_skopeo_sends_it()
    {
        Registry.Fault = async context => context.Request.Method == "PUT" && await OutOfStepAsync(context);
        var refusal = await Assert.ThrowsAsync<RegistryException>(async () => await PushAsync(await StoreAsync(Noise(10_000))));
        Assert.Equal(["HEAD", "POST", "PUT"], Methods());
        Assert.Contains("the registry answered 416", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("distribution protocol", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_registry_that_finds_every_piece_out_of_step_gets_the_whole()
    {
        var content = Noise(600_000);
        Registry.Fault = async context => context.Request.Method == "PATCH" && await OutOfStepAsync(context);
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
    }

    [Fact]
    public async Task a_registry_that_finds_everything_out_of_step_is_given_up_after_the_whole()
    {
        Registry.Fault = async context => context.Request.Method is "PATCH" or "PUT" && await OutOfStepAsync(context);
        await Assert.ThrowsAsync<RegistryException>(async () => await PushAsync(await StoreAsync(Noise(600_000))));
        Assert.Equal((2, 1), (Registry.Count("PATCH", "/uploads/"), Registry.Count("PUT", "/uploads/")));
    }

    [Fact]
    public async Task a_registry_that_loses_its_count_in_the_middle_gets_the_blob_at_most_twice()
    {
        Registry.Fault = async context => context.Request.Headers.ContentRange.ToString() is var range
            && range.StartsWith("262144-", StringComparison.Ordinal) && await OutOfStepAsync(context);
        var content = Noise(600_000);
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
        Assert.InRange(Registry.Count("PATCH", "/uploads/"), 2, 3);
        Assert.Equal(1, Registry.Count("PUT", "/uploads/"));
    }

    [Fact]
    public async Task a_proxy_that_finds_a_piece_too_large_gets_smaller_ones()
    {
        Options = Options with { ChunkBytes = 64 * 1024 * 1024 };
        var content = Noise(5_000_000);
        Registry.Fault = async context =>
        {
            if (context.Request.ContentLength is not > 1_000_000)
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = 413;
            return true;
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
    }

    [Fact]
    public async Task a_proxy_that_takes_next_to_nothing_is_told_with_what_to_set()
    {
        Registry.Fault = async context =>
        {
            if (context.Request.ContentLength is not > 1000)
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = 413;
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(async () => await PushAsync(await StoreAsync(Noise(2_000_000))));
        Assert.Contains("client_max_body_size 0;", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_blob_that_the_registry_finds_damaged_is_refused_at_once()
    {
        var blob = await StoreAsync(Noise(10_000));
        await File.WriteAllBytesAsync(Store.BlobPath(blob.Digest), Noise(10_000));
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PushAsync(blob));
        Assert.Equal("DIGEST_INVALID", refusal.Code);
        Assert.Single(Registry.Requests, request => request.Method == "PUT");
    }

    [Fact]
    public async Task a_base_layer_that_was_never_downloaded_is_fetched_from_its_origin()
    {
        await using var origin = await ScriptedRegistry.StartAsync();
        origin.AddImage("base", "1", Noise(5000));
        var client = Client();
        var image = await new Puller(client, Store, Origins).ResolveAsync(origin.Reference("base:1"));
        var layer = (await new Puller(client, Store, Origins).GetImageAsync(image, Platform.Parse("linux/amd64")))!.Manifest.Layers[0];
        Assert.False(Store.Contains(layer.Digest));

        await client.PushAsync(Store, image.Top, Registry.Reference("copy:1"));

        Assert.Equal(5000, Registry.Blobs[layer.Digest].Length);
        Assert.Equal(image.Top.Digest, Digest.Of(Registry.Manifests["copy:1"].Bytes));
    }

    [Fact]
    public async Task platforms_come_before_the_index_and_tags_last()
    {
        var index = await StoreIndexOfOneLayerAsync("amd64", "arm64", "riscv64");
        var done = await Client().PushAsync(Store, index, Registry.Reference("app:1"), Registry.Reference("app:latest"));

        var order = Registry.Requests.Where(request => request.Method == "PUT").Select(request => request.Path.Split('/')[^1]).ToList();
        Assert.Equal(index.Digest.ToString(), order[^3]);
        Assert.Equal(["1", "latest"], order[^2..].Order(StringComparer.Ordinal)); // both at once
        Assert.Equal(3, order[..^3].Count(last => last.StartsWith("sha256:", StringComparison.Ordinal)));
        Assert.Equal(4, done.Uploaded); // three configs, and one layer for all platforms
        Assert.Equal(5, Registry.Count("POST", "/uploads/")); // one asks whether we may
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("HEAD, GET")]
    public async Task another_manifest_under_a_digest_is_not_taken_for_the_one_that_is_to_be_there(string methods)
    {
        var index = await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64");
        var other = Registry.AddImage("other", "1", Noise(10));
        Registry.Fault = context =>
        {
            var wrong = methods.Split(", ").Contains(context.Request.Method)
                && context.Request.Path.Value!.EndsWith($"/app/manifests/{index.Digest}", StringComparison.Ordinal);
            if (wrong)
                context.Request.Path = $"/v2/other/manifests/{other.Digest}";
            return Task.FromResult(false);
        };
        if (methods == "HEAD")
        {
            await Client().PushAsync(Store, index, Registry.Reference("app:1"));
            Assert.True(Registry.Manifests.ContainsKey($"app@{index.Digest}"));
            return;
        }
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().PushAsync(Store, index, Registry.Reference("app:1")));
        Assert.Contains($"sent a manifest with the digest {other.Digest} instead of {index.Digest}", refusal.Message,
            StringComparison.Ordinal);
        Assert.False(Registry.Manifests.ContainsKey("app:1"));
    }

    [Fact]
    public async Task a_failure_leaves_the_tag_as_it_was()
    {
        var old = Registry.AddImage("app", "1", Noise(100));
        var index = await SampleImages.WriteIndexAsync(Store, "new", "linux/amd64", "linux/arm64");
        var puts = 0;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PUT"
                || !context.Request.Path.Value!.Contains("/manifests/")
                || Interlocked.Increment(ref puts) != 2)
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED", "quota");
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().PushAsync(Store, index, Registry.Reference("app:1")));
        Assert.Equal((HttpStatusCode.Forbidden, "DENIED"), (refusal.Status!.Value, refusal.Code));
        Assert.Equal(old.Digest, Digest.Of(Registry.Manifests["app:1"].Bytes));
    }

    [Fact]
    public async Task a_second_repository_of_the_registry_mounts_what_the_first_got()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        var done = await Client().PushAsync(Store, image, Registry.Reference("one:1"), Registry.Reference("two:1"));
        Assert.Equal((2, 2), (done.Uploaded, done.Mounted));
    }

    [Fact]
    public async Task bytes_and_media_types_go_out_as_they_came_in()
    {
        var config = Registry.AddBlob("base", "{\"os\":\"linux\", \"architecture\":\"amd64\"}"u8.ToArray(), MediaType.DockerConfig);
        var json = $$"""
            { "schemaVersion": 2,  "mediaType": "{{MediaType.DockerManifest}}", "unknown": [1, 2],
              "config": {"mediaType": "{{MediaType.DockerConfig}}", "size": {{config.Size}}, "digest": "{{config.Digest}}"}, "layers": [] }
            """;
        Registry.AddManifest("base", "1", System.Text.Encoding.UTF8.GetBytes(json), MediaType.DockerManifest);
        var client = Client();
        var image = await new Puller(client, Store, Origins).PullAsync(Registry.Reference("base:1"), []);

        await client.PushAsync(Store, image.Top, Registry.Reference("copy:1"));

        Assert.Equal(MediaType.DockerManifest, Registry.Manifests["copy:1"].Type);
        Assert.Equal(json, System.Text.Encoding.UTF8.GetString(Registry.Manifests["copy:1"].Bytes));
    }

    [Fact]
    public async Task what_nobody_has_is_one_message()
    {
        var blob = new Descriptor { MediaType = MediaType.LayerGzip, Digest = Digest.Of("gone"), Size = 4 };
        var mismatch = await Assert.ThrowsAsync<ContentMismatchException>(() => PushAsync(blob));
        Assert.Matches($"^push {Regex.Escape(Registry.Name)}/app: the blob '{blob.Digest}' is .*Pull or build the image again\\.$",
            mismatch.Message);
    }

    private async Task<Descriptor> StoreAsync(byte[] content) => await Store.WriteAsync(content, MediaType.LayerGzip);

    private async Task<Descriptor> StoreIndexOfOneLayerAsync(params string[] architectures)
    {
        var layer = await StoreAsync(Noise(100));
        var entries = new List<Descriptor>();
        foreach (var architecture in architectures)
        {
            var config = await Store.WriteAsync(new ImageConfig { Os = "linux", Architecture = architecture }.ToJson(), MediaType.Config);
            entries.Add(await Store.WriteAsync(new Manifest { Config = config, Layers = [layer] }.ToJson(), MediaType.Manifest));
        }
        return await Store.WriteAsync(new ImageIndex { Manifests = [.. entries] }.ToJson(), MediaType.Index);
    }

    private Task<BlobPush> PushAsync(Descriptor blob) => Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(Store, []));

    private List<string> Methods() => [.. Registry.Requests.Select(request => request.Method)];

    private static async Task<bool> OutOfStepAsync(HttpContext context)
    {
        await ScriptedRegistry.ReadAsync(context);
        context.Response.StatusCode = 416;
        return true;
    }

    private static async Task<byte[]> ReadSomeAsync(HttpContext context, int count)
    {
        var bytes = new byte[count];
        await context.Request.Body.ReadExactlyAsync(bytes);
        return bytes;
    }
}
