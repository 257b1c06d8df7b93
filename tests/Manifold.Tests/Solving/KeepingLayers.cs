using Manifold.Layers;
using Manifold.Oci;
using Manifold.Solving.Keeping;

namespace Manifold.Tests.Solving;

/// <summary>Each layer is had in the form that is asked for, whoever asked first and whatever became of them.</summary>
public sealed class KeepingLayers : IDisposable
{
    private static readonly LayerPolicy Zstd = new(new LayerForm(LayerCompression.Zstd), BasesToo: true);

    private readonly LayerShop shop = new();
    private readonly SampleLayer layer = SampleLayer.Of("etc/hello", "hello");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("contents")]
    [InlineData("files")]
    [InlineData("another form")]
    [InlineData("unpacked")]
    public async Task the_second_caller_gets_it_when_the_first_is_cancelled_in_the_middle(string form)
    {
        Assert.SkipWhen(form == "unpacked" && !Environment.IsPrivilegedProcess, "Unpacking needs root or a user namespace.");
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, layer);
        using var own = new CancellationTokenSource();
        var first = AskAsync(form, new ChainLayer(layer.DiffId), own.Token);
        var token = await cache.Begun;
        var second = AskAsync(form, new ChainLayer(layer.DiffId), Cancellation);
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(token.IsCancellationRequested);
        cache.Go();

        await second;
        Assert.Equal(1, cache.Fetches);
    }

    [Theory]
    [InlineData("contents")]
    [InlineData("unpacked")]
    public async Task the_second_caller_gets_a_base_that_nobody_has_when_the_first_is_cancelled_in_the_middle(string form)
    {
        Assert.SkipWhen(form == "unpacked" && !Environment.IsPrivilegedProcess, "Unpacking needs root or a user namespace.");
        await using var registry = await ScriptedRegistry.StartAsync();
        var blob = registry.AddBlob("acme/base", layer.Bytes);
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        registry.Fault = async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                begun.TrySetResult();
                await go.Task;
            }
            return false;
        };
        var shared = new ChainLayer(layer.DiffId, new RemoteBlob(blob, registry.Reference("acme/base:1")));
        using var own = new CancellationTokenSource();
        var first = AskAsync(form, shared, own.Token);
        await begun.Task.WaitAsync(Cancellation);
        var second = AskAsync(form, shared, Cancellation);
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();

        await second;
        Assert.True(shop.Layers.HasContents(layer.DiffId));
    }

    [Fact]
    public async Task when_the_last_caller_leaves_the_transfer_ends_and_the_next_caller_starts_a_new_one()
    {
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, layer);
        using var own = new CancellationTokenSource();
        var first = shop.Layers.ContentsAsync(new ChainLayer(layer.DiffId), own.Token);
        var token = await cache.Begun;
        await own.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.True(token.IsCancellationRequested);
        cache.Go();

        Assert.NotNull((await shop.Layers.ContentsAsync(new ChainLayer(layer.DiffId), Cancellation)).Find("etc/hello"));
        Assert.Equal(2, cache.Fetches);
    }

    [Fact]
    public async Task a_cache_that_gives_another_layer_is_named_and_the_layer_is_made_from_its_files_then()
    {
        var lie = SampleLayer.Of("etc/other", "other");
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, lie with { DiffId = layer.DiffId });
        cache.Go();
        var asked = new ChainLayer(layer.DiffId);
        var damaged = await Assert.ThrowsAsync<CacheDamagedException>(() => shop.Layers.ContentsAsync(asked, Cancellation));
        Assert.Equal(layer.DiffId, damaged.DiffId);

        shop.Layers.Forget(layer.DiffId);
        Assert.False(await shop.Layers.HasAsync(layer.DiffId, Cancellation));
        LayerEntry[] files = [Folder("etc"), TextFile("etc/hello", "hello")];
        shop.Layers.Know(layer.DiffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>(files));
        Assert.NotNull((await shop.Layers.ContentsAsync(asked, Cancellation)).Find("etc/hello"));
    }

    [Fact]
    public async Task a_cache_that_fails_is_named()
    {
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, layer);
        await shop.Store.WriteAsync(layer.Bytes, layer.Blob.MediaType, Cancellation);
        File.WriteAllText(shop.Store.BlobPath(layer.Blob.Digest), "cut");
        var failing = shop.Layers.ContentsAsync(new ChainLayer(layer.DiffId), Cancellation);
        await cache.Begun;
        cache.Blobs.Clear();
        cache.Blobs[layer.Blob.Digest] = [];
        cache.Go();
        var damaged = await Assert.ThrowsAsync<CacheDamagedException>(() => failing);
        Assert.Equal(layer.DiffId, damaged.DiffId);
    }

    [Fact]
    public async Task a_layer_that_nobody_has_says_how_to_make_it_again()
    {
        var asked = new ChainLayer(layer.DiffId);
        foreach (var ask in new[] { "contents", "files", "another form", "read" })
        {
            var gone = await Assert.ThrowsAsync<ContentMismatchException>(() => AskAsync(ask, asked, Cancellation));
            Assert.Contains("--no-cache", gone.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task a_bases_blob_stays_in_its_registry_unless_another_form_is_asked_for()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var blob = registry.AddBlob("acme/base", layer.Bytes);
        var below = new ChainLayer(layer.DiffId, new RemoteBlob(blob, registry.Reference("acme/base:1")));

        Assert.Equal(blob, await shop.Layers.BlobAsync(below, LayerPolicy.Default, Cancellation));
        Assert.Empty(registry.Requests);

        var other = await shop.Layers.BlobAsync(below, Zstd, Cancellation);
        Assert.Equal(MediaType.LayerZstd, other.MediaType);
        var again = new LayerReader(shop.Store).ReadContents(other, layer.DiffId); // proves the diff id
        Assert.NotNull(again.Find("etc/hello"));
    }

    [Fact]
    public async Task files_of_a_step_become_the_same_layer_in_each_form()
    {
        LayerEntry[] files = [TextFile("hello", "hello")];
        var diffId = (await shop.Layers.HashAsync(files, Cancellation))!.Value;
        shop.Layers.Know(diffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>(files));
        var asked = new ChainLayer(diffId);

        var blob = await shop.Layers.BlobAsync(asked, LayerPolicy.Default, Cancellation);
        Assert.NotNull(new LayerReader(shop.Store).ReadContents(blob, diffId).Find("hello"));
        Assert.Equal("hello", Text((await shop.Layers.FilesAsync([asked], Cancellation)).Find("hello")!));
        Assert.Equal("hello", await shop.Layers.ReadAsync(asked, entries => Text(entries.Single()), Cancellation));
        // Another run finds the blob by its record, and reads what it needs from that.
        var later = shop.NewKeeper();
        Assert.Equal(blob, await later.BlobAsync(asked, LayerPolicy.Default, Cancellation));
        Assert.Equal("hello", Text((await later.FilesAsync([asked], Cancellation)).Find("hello")!));
        Assert.Equal(MediaType.LayerZstd, (await later.BlobAsync(asked, Zstd, Cancellation)).MediaType);
    }

    [Fact]
    public async Task files_that_changed_since_they_were_hashed_make_no_blob()
    {
        var diffId = (await shop.Layers.HashAsync([TextFile("hello", "before")], Cancellation))!.Value;
        shop.Layers.Know(diffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>([TextFile("hello", "after!")]));
        var refused = await Assert.ThrowsAsync<ContentMismatchException>(
            () => shop.Layers.BlobAsync(new ChainLayer(diffId), LayerPolicy.Default, Cancellation));
        Assert.Contains(diffId.Short, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_entries_make_no_layer_and_the_empty_layer_has_no_files()
    {
        Assert.Null(await shop.Layers.HashAsync([], Cancellation));
        var empty = await shop.Layers.EmptyAsync(Cancellation);
        var blob = await shop.Layers.BlobAsync(empty, LayerPolicy.Default, Cancellation);
        Assert.Empty(new LayerReader(shop.Store).ReadContents(blob, empty.DiffId).Entries);
    }

    [Fact]
    public async Task a_layer_that_occurs_twice_in_a_chain_does_not_wait_for_itself()
    {
        LayerEntry[] files = [TextFile("hello", "hello")];
        var diffId = (await shop.Layers.HashAsync(files, Cancellation))!.Value;
        // Another run, in which prune took the table: the second copy of the same files looks at what lies below it, the first one.
        Directory.Delete(Path.Combine(shop.Store.Root, "cache", "contents"), recursive: true);
        var later = shop.NewKeeper();
        later.Know(diffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>(files));
        later.Know(diffId, async stop =>
        {
            await later.ContentsAsync(new ChainLayer(diffId), stop);
            return files;
        });
        Assert.NotNull((await later.ContentsAsync(new ChainLayer(diffId), Cancellation)).Find("hello"));
    }

    [Fact]
    public async Task what_a_RUN_will_stand_on_is_decompressed_once_for_its_paths_and_its_files()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Unpacking needs root or a user namespace.");
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, layer);
        cache.Go();
        var watched = 0;
        var keeper = new LayerKeeper(shop.Tools, 1000, _ => { })
        {
            Watch = (_, entries) =>
            {
                watched++;
                return entries;
            },
        };
        keeper.WillUnpack([layer.DiffId]);
        var asked = new ChainLayer(layer.DiffId);
        Assert.NotNull((await keeper.ContentsAsync(asked, Cancellation)).Find("etc/hello"));
        Assert.Equal(0, watched);
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(keeper.UnpackedFolder(layer.DiffId)!, "etc/hello"), Cancellation));
        Assert.Equal("hello", Text((await keeper.FilesAsync([asked], Cancellation)).Find("etc/hello")!));
        Assert.Equal(["etc/hello"], await keeper.ReadAsync(asked,
            entries => entries.Where(entry => entry.Kind == EntryKind.File).Select(entry => entry.Path).ToList(), Cancellation));
    }

    [Fact]
    public async Task what_is_decompressed_for_its_paths_is_watched()
    {
        var cache = new FakeCache();
        cache.Add(shop.Cache.Imported, layer);
        cache.Go();
        var watched = new List<Digest>();
        var keeper = new LayerKeeper(shop.Tools, 1000, _ => { })
        {
            Watch = (diffId, entries) =>
            {
                watched.Add(diffId);
                return entries;
            },
        };
        await keeper.ContentsAsync(new ChainLayer(layer.DiffId), Cancellation);
        Assert.Equal([layer.DiffId], watched);
    }

    [Fact]
    public async Task what_a_cache_in_a_registry_has_is_named_there_and_not_fetched()
    {
        var cache = new FakeCache { Repository = ImageReference.Parse("quay.io/acme/app:cache") };
        cache.Add(shop.Cache.Imported, layer);
        Assert.True(await shop.Layers.HasAsync(layer.DiffId, Cancellation));
        Assert.Equal(layer.Blob, await shop.Layers.BlobAsync(new ChainLayer(layer.DiffId), LayerPolicy.Default, Cancellation));
        Assert.Equal(0, cache.Fetches);
    }

    [Fact]
    public async Task what_another_machine_pushed_stays_in_its_repository_until_somebody_reads_it()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var blob = registry.AddBlob("acme/app", layer.Bytes);
        shop.Cache.SaveBlob(layer.DiffId, LayerForm.Default, blob, registry.Reference("acme/app"));

        Assert.True(await shop.Layers.HasAsync(layer.DiffId, Cancellation));
        Assert.Equal(blob, await shop.Layers.BlobAsync(new ChainLayer(layer.DiffId), LayerPolicy.Default, Cancellation));
        Assert.Equal(0, registry.Count("GET", "/blobs/"));

        Assert.Equal(["etc/hello"], await shop.NewKeeper().ReadAsync(new ChainLayer(layer.DiffId),
            entries => entries.Select(entry => entry.Path).Order(StringComparer.Ordinal).ToList(), Cancellation));
        Assert.True(shop.Store.Contains(blob.Digest));
    }

    [Fact]
    public async Task what_another_machine_pushed_and_a_repository_lost_is_made_again()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var blob = registry.AddBlob("acme/app", layer.Bytes);
        shop.Cache.SaveBlob(layer.DiffId, LayerForm.Default, blob, registry.Reference("acme/app"));
        Assert.True(await shop.Layers.HasAsync(layer.DiffId, Cancellation));
        registry.LoseBlob(blob.Digest);

        await Assert.ThrowsAsync<CacheDamagedException>(() =>
            shop.Layers.ReadAsync(new ChainLayer(layer.DiffId), entries => entries.Count(), Cancellation));
        Assert.False(await shop.Layers.HasAsync(layer.DiffId, Cancellation));
    }

    private Task AskAsync(string form, ChainLayer asked, CancellationToken cancellation) => form switch
    {
        "contents" => shop.Layers.ContentsAsync(asked, cancellation),
        "files" => shop.Layers.FilesAsync([asked], cancellation),
        "another form" => shop.Layers.BlobAsync(asked, Zstd, cancellation),
        "unpacked" => shop.Layers.UnpackAsync([asked], cancellation),
        _ => shop.Layers.ReadAsync(asked, entries => entries.Count(), cancellation),
    };

    private static LayerEntry Folder(string path) => new() { Path = path, Kind = EntryKind.Folder, Mode = 0x1ED };

    private static LayerEntry TextFile(string path, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return new LayerEntry
        {
            Path = path,
            Kind = EntryKind.File,
            Mode = 0x1A4, // 0644
            Size = bytes.Length,
            Open = () => new MemoryStream(bytes),
        };
    }

    private static string Text(LayerEntry entry)
    {
        using var reader = new StreamReader(entry.Open!());
        return reader.ReadToEnd();
    }
}
