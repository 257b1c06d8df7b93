using System.Collections.Immutable;
using System.Formats.Tar;
using Manifold.Content;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification;
using TarWriter = System.Formats.Tar.TarWriter;

namespace Manifold.Tests.Verification;

/// <summary>The files of an image by layer, whatever made it.</summary>
public sealed class ListingFiles : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly RegistryClient registry = new(new RegistryOptions());

    public ListingFiles() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        registry.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task the_largest_comes_first_with_its_layer()
    {
        var files = await ReadAsync([[("etc/small", 5), ("big", 3000)], [("usr/bin/middle", 200)]]);
        Assert.Equal(
            [("big", 3000L, 1), ("usr/bin/middle", 200, 2), ("etc/small", 5, 1)],
            files.Files.Select(file => (file.Path, file.Bytes, file.Layer)));
        Assert.Equal([(1, 2, 3005L), (2, 1, 200)], files.Layers.Select(layer => (layer.Number, layer.Files, layer.Bytes)));
        Assert.Equal((3205, 0), (files.Bytes, files.WastedBytes));
    }

    [Fact]
    public async Task what_later_layers_replace_or_delete_is_marked()
    {
        var files = await ReadAsync(
            [[("a", 100), ("b", 50), ("d/x", 30), ("d/y", 20)], [("a", 10)], [(".wh.b", 0), ("d/.wh..wh..opq", 0), ("d/z", 1)]]);
        var found = files.Files.Where(file => !file.IsDeletion).ToDictionary(file => (file.Path, file.Layer));
        Assert.Equal((2, false), (found[("a", 1)].HiddenBy, found[("a", 1)].IsDeletedThere));
        Assert.Equal((3, true), (found[("b", 1)].HiddenBy, found[("b", 1)].IsDeletedThere));
        Assert.Equal([3, 3], new[] { found[("d/x", 1)].HiddenBy, found[("d/y", 1)].HiddenBy });
        Assert.Null(found[("a", 2)].HiddenBy);
        Assert.Equal((200, 200), (files.WastedBytes, files.Layers[0].WastedBytes));
        Assert.Equal(2, files.Layers[2].Deletions);
        Assert.Equal(["b", "d"], files.Files.Where(file => file.IsDeletion).Select(file => file.Path));
    }

    [Fact]
    public async Task only_as_many_as_asked_for_are_kept()
    {
        (string, int)[] layer = [.. Enumerable.Range(1, 500).Select(i => ($"file-{i}", i))];
        var files = await ReadAsync([layer], most: 3);
        Assert.Equal(["file-500", "file-499", "file-498"], files.Files.Select(file => file.Path));
        Assert.Equal((500, 500), (files.Entries, files.Layers[0].Files));
    }

    [Fact]
    public async Task instructions_come_from_the_history_where_it_fits()
    {
        HistoryEntry[] history =
            [new() { CreatedBy = "COPY a" }, new() { CreatedBy = "ENV x=1", EmptyLayer = true }, new() { CreatedBy = "RUN b" }];
        Assert.Equal(["COPY a", "RUN b"], (await ReadAsync([[("a", 1)], [("b", 2)]], history)).Layers.Select(layer => layer.CreatedBy));
        Assert.Equal([null, null], (await ReadAsync([[("a", 1)], [("b", 3)]], history[..2])).Layers.Select(layer => layer.CreatedBy));
    }

    [Fact]
    public async Task a_layer_that_was_read_before_is_not_read_again()
    {
        (string, int)[][] layers = [[("a", 1)], [("b", 2)]];
        var first = await ReadAsync(layers);
        foreach (var layer in first.Layers)
            File.Delete(store.BlobPath(layer.Blob.Digest));
        Assert.Equal(first.Files, (await ReadAsync(layers, isThere: true)).Files);
    }

    [Fact]
    public async Task a_damaged_table_of_the_store_is_made_again()
    {
        (string, int)[][] layers = [[("a", 1)]];
        var first = await ReadAsync(layers);
        File.WriteAllText(Path.Combine(store.Root, "cache", "contents", first.Layers[0].DiffId.Hex), "damaged");
        Assert.Equal(first.Files, (await ReadAsync(layers)).Files);
    }

    [Fact]
    public async Task a_layer_that_is_not_what_the_config_says_is_refused() =>
        await Assert.ThrowsAsync<LayerException>(() => ReadAsync([[("a", 1)]], diffId: Digest.Of("other")));

    [Fact]
    public async Task an_image_without_layers_has_no_files() => Assert.Empty((await ReadAsync([])).Files);

    private async Task<ImageFiles> ReadAsync(
        (string Path, int Size)[][] layers, HistoryEntry[]? history = null, int most = 1000, Digest? diffId = null, bool isThere = false)
    {
        var (blobs, diffIds) = (new List<Descriptor>(), new List<Digest>());
        foreach (var tar in layers.Select(Tar))
        {
            blobs.Add(isThere ? new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of(tar), Size = tar.Length }
                : await store.WriteAsync(tar, MediaType.Layer));
            diffIds.Add(diffId ?? Digest.Of(tar));
        }
        var config = new ImageConfig
        {
            Os = "linux",
            Architecture = "amd64",
            RootFs = new RootFs { DiffIds = [.. diffIds] },
            History = history?.ToImmutableArray(),
        };
        var manifest = new Manifest { Config = await store.WriteAsync(config.ToJson(), MediaType.Config), Layers = [.. blobs] };
        var top = await store.WriteAsync(manifest.ToJson(), MediaType.Manifest);
        store.Tags.Set(ImageReference.Parse("app"), top);
        await using var source = new ImageSources(store, registry).Open(ImageLocation.InStore(ImageReference.Parse("app")));
        return await ImageFiles.ReadAsync(source, new PlatformImage(top, manifest, config), (new ContentsCache(store), most));
    }

    private static byte[] Tar((string Path, int Size)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
            foreach (var (path, size) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
                {
                    DataStream = new MemoryStream(new byte[size]),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                });
            }
        return tar.ToArray();
    }
}
