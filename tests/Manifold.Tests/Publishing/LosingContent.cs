using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Tests.Registry;
using Manifold.Verification;

namespace Manifold.Tests.Publishing;

/// <summary>
/// A registry has lost something of an image that was published, as by a clean-up or a garbage collection; publishing again sends
/// it.
/// </summary>
public sealed partial class LosingContent : WithARegistry
{
    private readonly List<string> warnings = [];

    [Fact]
    public async Task a_platforms_manifest_is_sent_again_though_the_tag_is_right()
    {
        var index = await PublishedAsync();
        var lost = Entries(index)[1].Digest;
        Registry.Lose("app", lost);

        var done = await PublishAsync(index, "app:1");

        Assert.True(Registry.Manifests.ContainsKey($"app@{lost}"));
        Assert.Equal(1, done.Transfers.Restored);
        Assert.Equal($"push {Registry.Name}/app: the registry had lost a part (manifests, blobs) of this image. It was sent again.",
            Assert.Single(warnings));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_blob_that_went_with_a_manifest_is_sent_again(bool config)
    {
        var index = await PublishedAsync();
        Registry.Lose("app", Entries(index)[0].Digest);
        var blob = BlobOf(Entries(index)[1], config); // of another platform than the one whose manifest is missing
        Registry.LoseBlob(blob.Digest);

        await PublishAsync(index, "app:1");

        Assert.Equal(blob.Size, Registry.Blobs[blob.Digest].Length);
        await IsWholeAsync(index);
    }

    [Fact]
    public async Task a_blob_that_went_alone_is_sent_again_where_the_tag_is_new()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.LoseBlob(blob.Digest);

        await PublishAsync(index, "app:2");

        await IsWholeAsync(index);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_blob_that_went_alone_is_sent_again_where_all_are_asked_for(bool config)
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config);
        Registry.LoseBlob(blob.Digest);

        await PublishAsync(index, "app:1", checkAll: true);

        await IsWholeAsync(index);
        Assert.Contains("had lost a part", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_blob_that_the_registry_answers_for_and_does_not_give_is_sent_again_where_all_are_asked_for()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        var isLost = true;
        Registry.Fault = async context =>
        {
            if (context.Request.Method == "PUT" && context.Request.Query["digest"] == blob.Digest.ToString())
                isLost = false;
            if (!isLost || context.Request.Method != "GET" || !context.Request.Path.Value!.EndsWith($"/blobs/{blob.Digest}",
                StringComparison.Ordinal))
                return false;
            await ScriptedRegistry.RefuseAsync(context, 404, "BLOB_UNKNOWN");
            return true;
        };

        await PublishAsync(index, "app:1", checkAll: true);

        Assert.False(isLost);
    }

    [Fact]
    public async Task a_blob_that_the_registry_has_in_part_is_sent_again()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.Blobs[blob.Digest] = Registry.Blobs[blob.Digest][..20];

        await PublishAsync(index, "app:2");

        Assert.Equal(blob.Size, Registry.Blobs[blob.Digest].Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_blob_whose_file_is_empty_is_sent_again(bool checkAll)
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.Blobs[blob.Digest] = [];

        await PublishAsync(index, checkAll ? "app:1" : "app:2", checkAll);

        Assert.Equal(blob.Size, Registry.Blobs[blob.Digest].Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task a_blob_that_the_registry_has_in_part_is_a_finding(int length)
    {
        Registry.AddImage("app", "1", Noise(100));
        var layer = Manifest.Parse(Registry.Manifests["app:1"].Bytes).Layers[0];
        Registry.Blobs[layer.Digest] = Registry.Blobs[layer.Digest][..length];

        await using var source = new RegistrySource(Client(), Store, Registry.Reference("app:1"));
        var lost = Assert.Single((await RegistryParts.AskAsync(Client(), Store, source, PartsAsked.All)).Lost);

        Assert.Equal((layer.Digest, length), (lost.Part.Digest, lost.Size));
    }

    [Fact]
    public async Task a_registry_that_names_no_size_is_believed()
    {
        var index = await PublishedAsync();
        Registry.Fault = async context =>
        {
            if (context.Request.Method == "HEAD" && context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                context.Response.ContentLength = 0; // as a server does that counts what it writes
                return true;
            }
            return false;
        };

        var done = await PublishAsync(index, "app:2");

        Assert.Equal(0, done.Transfers.Uploaded);
    }

    [Theory]
    [InlineData("GET", 403)]
    [InlineData("GET", 410)]
    [InlineData("HEAD", 403)]
    public async Task a_blob_that_its_storage_refuses_as_one_that_it_does_not_have_is_sent_again(string method, int status)
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        await using var storage = await ScriptedRegistry.StartAsync();
        storage.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, status, "AccessDenied");
            return true;
        };
        var isLost = true;
        Registry.Fault = context =>
        {
            isLost &= context.Request.Method != "PUT" || context.Request.Query["digest"] != blob.Digest.ToString();
            if (!isLost || context.Request.Method is not ("GET" or "HEAD") || context.Request.Method != method && method == "GET"
                || !context.Request.Path.Value!.EndsWith($"/blobs/{blob.Digest}", StringComparison.Ordinal))
                return Task.FromResult(false);
            context.Response.Redirect($"http://{storage.Name}/bucket/{blob.Digest}?signature=x");
            return Task.FromResult(true);
        };

        await PublishAsync(index, method == "GET" ? "app:1" : "app:2", checkAll: method == "GET");

        Assert.False(isLost);
    }

    [Theory]
    [InlineData("HEAD", 403)]
    [InlineData("HEAD, GET", 403)]
    [InlineData("HEAD, GET", 401)]
    [InlineData("HEAD, GET", 400)]
    [InlineData("HEAD", 405)]
    public async Task a_storage_that_shows_this_machine_nothing_does_not_stop_a_push(string refused, int status)
    {
        await using var storage = await ScriptedRegistry.StartAsync();
        storage.Fault = async context =>
        {
            if (refused.Split(", ").Contains(context.Request.Method))
                await ScriptedRegistry.RefuseAsync(context, status, "AccessDenied");
            else if (!Registry.Blobs.TryGetValue(Digest.Parse(context.Request.Path.Value![1..]), out var bytes))
                context.Response.StatusCode = 404;
            else
                await context.Response.Body.WriteAsync(bytes);
            return true;
        };
        Registry.Fault = context =>
        {
            if (context.Request.Method is not ("GET" or "HEAD") || context.Request.Path.Value!.Split("/blobs/") is not [_, var digest]
                || !digest.StartsWith("sha256:", StringComparison.Ordinal))
                return Task.FromResult(false);
            context.Response.Redirect($"http://{storage.Name}/{digest}");
            return Task.FromResult(true);
        };

        await PublishedAsync();

        Assert.True(Registry.Manifests.ContainsKey("app:1"));
    }

    [Fact]
    public async Task what_the_registry_itself_refuses_is_not_taken_for_lost()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.Fault = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith($"/blobs/{blob.Digest}", StringComparison.Ordinal))
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };

        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PublishAsync(index, "app:1", checkAll: true));

        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refusal.Status);
    }

    [Fact]
    public async Task a_registry_that_cannot_be_mended_is_told_and_no_tag_is_written()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.LoseBlob(blob.Digest);
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PUT" || !context.Request.Path.Value!.Contains("/uploads/", StringComparison.Ordinal))
                return false;
            await ScriptedRegistry.ReadAsync(context);
            context.Response.StatusCode = 201; // and keeps nothing
            return true;
        };

        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PublishAsync(index, "app:2"));

        Assert.Contains($"the registry accepted the blob {blob.Digest}, but now does not have it. No tag was written.", refusal.Message,
            StringComparison.Ordinal);
        Assert.False(Registry.Manifests.ContainsKey("app:2"));
    }

    [Fact]
    public async Task an_index_that_went_while_its_tag_stayed_is_sent_again()
    {
        var index = await PublishedAsync();
        Registry.Lose("app", index.Digest);

        await PublishAsync(index, "app:1");

        Assert.True(Registry.Manifests.ContainsKey($"app@{index.Digest}"));
    }

    [Fact]
    public async Task what_an_inner_index_lists_is_asked_for_too()
    {
        var inner = await SampleImages.WriteIndexAsync(Store, "inner", "linux/amd64", "linux/arm64");
        var outer = await Store.WriteAsync(new ImageIndex { Manifests = [inner] }.ToJson(), MediaType.Index);
        await PublishAsync(outer, "app:1");
        Registry.Lose("app", Entries(inner)[1].Digest);

        await PublishAsync(outer, "app:1");

        await IsWholeAsync(inner);
    }

    [Fact]
    public async Task a_platforms_own_tag_that_is_right_is_looked_below_too()
    {
        var image = await SampleImages.WriteAsync(Store, "x");
        await PublishAsync(image, "app:1");
        Registry.LoseBlob(Manifest.Parse(Store.ReadDocument(image.Digest)).Config.Digest);

        await PublishAsync(image, "app:1", checkAll: true);

        await IsWholeAsync(image);
    }

    [Fact]
    public async Task a_mount_from_a_repository_that_has_lost_the_blob_is_followed_by_sending_it()
    {
        var index = await PublishedAsync();
        var blob = BlobOf(Entries(index)[0], config: false);
        Registry.LoseBlob(blob.Digest);
        Registry.Fault = context =>
        {
            var mounts = context.Request.Query["mount"] == blob.Digest.ToString();
            context.Response.StatusCode = mounts ? 201 : 200; // by its books it has the blob
            return Task.FromResult(mounts);
        };

        await PublishAsync(index, "other:1");

        Assert.Equal(blob.Size, Registry.Blobs[blob.Digest].Length);
        Assert.True(Registry.Linked.ContainsKey(("other", blob.Digest)));
    }

    [Fact]
    public async Task what_nobody_has_any_more_is_told_with_its_platform()
    {
        var layer = Registry.AddBlob("app", Noise(100));
        var config = Registry.AddBlob("app", new ImageConfig { Os = "linux", Architecture = "arm64" }.ToJson(), MediaType.Config);
        var manifest = Registry.AddManifest("app", "arm64", new Manifest { Config = config, Layers = [layer] }.ToJson());
        var top = Registry.AddManifest("app", "1",
            new ImageIndex { Manifests = [manifest with { Platform = PlatformFields.From(Platform.Parse("linux/arm64")) }] }.ToJson(),
                MediaType.Index);
        Registry.LoseBlob(layer.Digest);
        await using var source = new RegistrySource(Client(), Store, Registry.Reference("app:1"));

        var lost = await Assert.ThrowsAnyAsync<ManifoldException>(() => new Publisher(Tools())
            .PublishAsync(source, top, new PublicationRequest { Targets = [Registry.Reference("app:2")] }));

        Assert.Equal(3, lost.ExitCode);
        Assert.Contains(
            $"the blob {layer.Digest} of linux/arm64 is missing in the repository, in the store and in every repository that had it.",
            lost.Message, StringComparison.Ordinal);
        Assert.False(Registry.Manifests.ContainsKey("app:2"));
    }

    [Fact]
    public async Task a_tag_whose_image_is_broken_can_be_overwritten()
    {
        Registry.AddImage("app", "1", Noise(10)); // its platform is only in its config
        Registry.LoseBlob(Manifest.Parse(Registry.Manifests["app:1"].Bytes).Config.Digest);
        var index = await SampleImages.WriteIndexAsync(Store, "new", "linux/arm64");

        await PublishAsync(index, "app:1");

        Assert.Equal(index.Digest, Digest.Of(Registry.Manifests["app:1"].Bytes));
    }

    private Task<Descriptor> PublishedAsync() => PublishedAsync("linux/amd64", "linux/arm64");

    private async Task<Descriptor> PublishedAsync(params string[] platforms)
    {
        var index = await SampleImages.WriteIndexAsync(Store, "x", platforms);
        await PublishAsync(index, "app:1");
        return index;
    }

    private PublishingTools Tools() => new(Store, Client(), TimeProvider.System) { Warn = warnings.Add };

    private async Task<Publication> PublishAsync(Descriptor image, string name, bool checkAll = false)
    {
        await using var source = new StoreSource(Store, Client(), Registry.Reference(name), image);
        return await new Publisher(Tools()).PublishAsync(source, image,
            new PublicationRequest { Targets = [Registry.Reference(name)], CheckAll = checkAll });
    }

    private System.Collections.Immutable.ImmutableArray<Descriptor> Entries(Descriptor index) =>
        ImageIndex.Parse(Store.ReadDocument(index.Digest)).Manifests;

    private Descriptor BlobOf(Descriptor entry, bool config) => Manifest.Parse(Store.ReadDocument(entry.Digest)) is var manifest && config
        ? manifest.Config : manifest.Layers[0];

    /// <summary>All of an image of the store is in the registry.</summary>
    private async Task IsWholeAsync(Descriptor top)
    {
        await using var source = new StoreSource(Store, Client(), Registry.Reference("app:1"), top);
        var tree = await ImageTree.ReadAsync(source, top);
        foreach (var manifest in tree.Manifests)
        {
            Assert.True(Registry.Manifests.ContainsKey($"app@{manifest.Digest}"), $"{manifest.Digest} is missing");
            var document = Manifest.Parse(Store.ReadDocument(manifest.Digest));
            Assert.All(document.Layers.Append(document.Config), blob =>
                Assert.True(Registry.Linked.ContainsKey(("app", blob.Digest)), $"{blob.Digest} is missing"));
        }
    }
}
