using System.Collections.Concurrent;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Snapshots;

namespace Manifold.Solving;

/// <summary>What the keeper works with; made once per program.</summary>
public sealed record LayerTools(Store Store, SnapshotStore Snapshots, StepCache Cache, RegistryClient Registry, TimeProvider Time);

/// <summary>Has each layer in the form that is asked for, and makes a form only when somebody asks.</summary>
/// <remarks>
/// <code>
///                files of a COPY ─┐                  ┌─► contents  what paths it has: for destinations and folders to make
/// base: registry ─► blob ─────────┼── one layer ─────┼─► snapshot  unpacked: for RUN and COPY --from
///              RUN's changes ─────┘                  └─► blob      compressed: for publication
/// </code>
/// Each form of each layer is made once in a process; what is on disk already is used. Thread-safe.
/// </remarks>
public sealed class LayerKeeper(LayerTools tools, long fileTime, Action<BuildEvent> on)
{
    /// <summary>The compression's name in cache records.</summary>
    private const string Gzip = "gzip";

    private readonly LayerWriter writer = new(new FileTime(fileTime));
    private readonly SemaphoreSlim processors = new(Environment.ProcessorCount);
    private readonly ConcurrentDictionary<Digest, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>>> sources = new();
    private readonly ConcurrentDictionary<Digest, Lazy<Task<TableOfContents>>> contents = new();
    private readonly ConcurrentDictionary<Digest, Lazy<Task<Descriptor>>> blobs = new();
    private readonly ContentsCache saved = new(tools.Store);
    private readonly ConcurrentDictionary<Digest, bool> willUnpack = new();
    private readonly ConcurrentDictionary<Digest, Lazy<Task<LayerTree>>> trees = new();
    private readonly LayerTars tars = new(tools.Store);

    /// <summary>Sees the entries of every layer that is decompressed for its contents alone; must hand on each, and may read its content.</summary>
    public Func<Digest, IEnumerable<LayerEntry>, IEnumerable<LayerEntry>> Watch { get; init; } = (_, entries) => entries;

    /// <summary>Tells of layers that RUNs will stand on: whoever needs their contents unpacks them.</summary>
    public void WillUnpack(IEnumerable<Digest> layers)
    {
        foreach (var layer in layers)
            willUnpack[layer] = true;
    }

    /// <summary>The layer that entries make, by diff id. Null where there are none. Reads each file once; stores only the contents.</summary>
    public async Task<Digest?> HashAsync(IReadOnlyCollection<LayerEntry> entries, CancellationToken cancellation)
    {
        if (entries.Count == 0)
            return null;
        var layer = await Busy(() => writer.Hash(entries, cancellation), cancellation).ConfigureAwait(false);
        Remember(layer.DiffId, layer.Contents);
        return layer.DiffId;
    }

    /// <summary>Tells where a layer's files can be had if neither its snapshot nor its blob is there.</summary>
    public void Know(Digest diffId, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> source) => sources.TryAdd(diffId, source);

    /// <summary>Whether the layer's files are at hand without running anything.</summary>
    public bool Has(Digest diffId) => tools.Snapshots.Contains(diffId) || tools.Cache.FindBlob(diffId, Gzip) is not null;

    /// <summary>What paths the layer has.</summary>
    public Task<TableOfContents> ContentsAsync(ChainLayer layer, CancellationToken cancellation) =>
        contents.GetOrAdd(layer.DiffId, _ => new Lazy<Task<TableOfContents>>(() => FindContentsAsync(layer, cancellation))).Value;

    /// <summary>The merged contents of a chain, lowest first.</summary>
    public async Task<Chain> ContentsAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        new(await Task.WhenAll(chain.Select(layer => ContentsAsync(layer, cancellation))).ConfigureAwait(false));

    /// <summary>Whether the contents are known without reading the layer.</summary>
    public bool HasContents(Digest diffId) => contents.ContainsKey(diffId) || saved.Has(diffId);

    /// <summary>The folder of a layer that is unpacked, else null.</summary>
    public string? UnpackedFolder(Digest diffId) => tools.Snapshots.Contains(diffId) ? tools.Snapshots.FolderOf(diffId) : null;

    /// <summary>Hands a layer's entries with their content to somebody who reads them once, from the form that costs least: unpacked, where its files came from, its blob.</summary>
    public async Task<T> ReadAsync<T>(ChainLayer layer, Func<IEnumerable<LayerEntry>, T> use, CancellationToken cancellation)
    {
        if (tools.Snapshots.Contains(layer.DiffId) || sources.ContainsKey(layer.DiffId))
        {
            var entries = await EntriesAsync(layer, cancellation).ConfigureAwait(false);
            return await Busy(() => use(entries), cancellation).ConfigureAwait(false);
        }
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false) ?? throw Gone(layer);
        return await Busy(() => new LayerReader(tools.Store).Read(blob, layer.DiffId, use), cancellation).ConfigureAwait(false);
    }

    /// <summary>Sees to it that each layer of a chain is unpacked; in parallel.</summary>
    public Task UnpackAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        Task.WhenAll(chain.Select(layer => tools.Snapshots.GetOrAddAsync(layer.DiffId, (folder, token) => FillAsync(layer, folder, token), cancellation)));

    /// <summary>An unpacked chain as one tree with content. Owned by the caller: one for each reader.</summary>
    public Chain OpenUnpacked(IEnumerable<ChainLayer> chain) => new([.. chain.Select(Unpacked)]);

    /// <summary>A chain as one tree with content, for readers: unpacked where it is so or a RUN will need it so, else as the layers have it. Owned by the caller: one for each reader.</summary>
    public async Task<Chain> FilesAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        new(await Task.WhenAll(chain.Select(layer => FilesAsync(layer, cancellation))).ConfigureAwait(false));

    private async Task<ILayerContents> FilesAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (!tools.Snapshots.Contains(layer.DiffId) && !willUnpack.ContainsKey(layer.DiffId))
            return await trees.GetOrAdd(layer.DiffId, _ => new Lazy<Task<LayerTree>>(() => ReadTreeAsync(layer, cancellation))).Value.ConfigureAwait(false);
        await UnpackAsync([layer], cancellation).ConfigureAwait(false);
        return Unpacked(layer);
    }

    private async Task<LayerTree> ReadTreeAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (sources.TryGetValue(layer.DiffId, out var source))
            return LayerTree.Of(writer.Ordered(await source(cancellation).ConfigureAwait(false)));
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false) ?? throw Gone(layer);
        return await Busy(() => tars.OpenAsync(blob, layer.DiffId, cancellation), cancellation).Unwrap().ConfigureAwait(false);
    }

    private SnapshotFolder Unpacked(ChainLayer layer) =>
        new(tools.Snapshots.FolderOf(layer.DiffId), tools.Snapshots.ImpliedBy(layer.DiffId).ToHashSet(StringComparer.Ordinal));

    /// <summary>The layer's blob for publication: a base's is as it is in its registry, a step's is in the store.</summary>
    public Task<Descriptor> BlobAsync(ChainLayer layer, CancellationToken cancellation) => layer.Remote is { } remote
        ? Task.FromResult(remote.Descriptor)
        : blobs.GetOrAdd(layer.DiffId, _ => new Lazy<Task<Descriptor>>(() => CompressAsync(layer, cancellation))).Value;

    /// <summary>Makes the changes of a RUN a snapshot by renaming them; the folder is gone from where it was.</summary>
    public async Task AdoptAsync(Digest diffId, string changes, CancellationToken cancellation)
    {
        var table = await ContentsAsync(new ChainLayer(diffId), cancellation).ConfigureAwait(false);
        tools.Snapshots.Adopt(changes, diffId, [.. table.ImpliedFolders]);
    }

    private async Task<Descriptor> CompressAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (tools.Cache.FindBlob(layer.DiffId, Gzip) is { } known)
            return known;
        var entries = await EntriesAsync(layer, cancellation).ConfigureAwait(false);
        var stored = await Busy(() => writer.StoreAsync(entries, tools.Store, LayerCompression.Gzip, cancellation), cancellation).Unwrap().ConfigureAwait(false);
        if (stored.DiffId != layer.DiffId)
            throw new ContentMismatchException($"Making the layer {layer.DiffId.Short}: its files changed while the build read them (now {stored.DiffId.Short}), or the cache is damaged. Build again; if that does not help, with --no-cache.");
        tools.Cache.SaveBlob(layer.DiffId, Gzip, stored.Descriptor!);
        on(new Transferred(TransferKind.Compress, layer.DiffId, "", stored.Descriptor!.Size, stored.Descriptor.Size) { Time = tools.Time.GetUtcNow() });
        return stored.Descriptor;
    }

    /// <summary>A step's layer, entry by entry: from its snapshot, else from where its files came from.</summary>
    private async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (!tools.Snapshots.Contains(layer.DiffId))
            return await SourceOf(layer)(cancellation).ConfigureAwait(false);
        // A RUN's snapshot also holds what overlayfs copied up unchanged; the table of contents says what is the layer's.
        var table = await ContentsAsync(layer, cancellation).ConfigureAwait(false);
        var folder = new FolderReader(tools.Snapshots.FolderOf(layer.DiffId)) { ImpliedFolders = table.ImpliedFolders.ToHashSet(StringComparer.Ordinal) };
        return [.. folder.Entries().Where(entry => table.Find(entry.Path) is { } listed && listed.Implied == entry.Implied)];
    }

    private Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> SourceOf(ChainLayer layer) => sources.GetValueOrDefault(layer.DiffId)
        ?? throw Gone(layer);

    private static ContentMismatchException Gone(ChainLayer layer) => new($"The layer {layer.DiffId.Short} is no longer in the store. Build again with --no-cache.");

    /// <summary>The layer's blob in the store, a base's fetched first; null where the layer has none yet.</summary>
    private async Task<Descriptor?> FindBlobAsync(ChainLayer layer, CancellationToken cancellation) =>
        layer.Remote is { } remote ? await DownloadAsync(remote, cancellation).ConfigureAwait(false) : tools.Cache.FindBlob(layer.DiffId, Gzip);

    private async Task<System.Collections.Immutable.ImmutableArray<string>> FillAsync(ChainLayer layer, string folder, CancellationToken cancellation)
    {
        var writer = new FolderWriter(folder, SnapshotStore.Format);
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false);
        UnpackedFolder unpacked;
        if (blob is not null)
            unpacked = await Busy(() => new LayerReader(tools.Store).Unpack(blob, layer.DiffId, writer, cancellation), cancellation).ConfigureAwait(false);
        else
        {
            var entries = this.writer.Ordered(await SourceOf(layer)(cancellation).ConfigureAwait(false));
            unpacked = await Busy(() => writer.Write(entries, cancellation), cancellation).ConfigureAwait(false);
        }
        if (blob is not null)
            on(new Transferred(TransferKind.Unpack, layer.DiffId, "", blob.Size, blob.Size) { Time = tools.Time.GetUtcNow() });
        Remember(layer.DiffId, unpacked.Contents);
        return unpacked.ImpliedFolders;
    }

    private async Task<Descriptor> DownloadAsync(RemoteBlob remote, CancellationToken cancellation)
    {
        var (descriptor, repository) = remote;
        if (tools.Store.Contains(descriptor.Digest))
            return descriptor;
        var progress = new BytesSink(bytes => on(new Transferred(TransferKind.Pull, descriptor.Digest, repository.Name, bytes, descriptor.Size) { Time = tools.Time.GetUtcNow() }));
        await tools.Registry.PullBlobAsync(repository, descriptor, tools.Store, progress, cancellation).ConfigureAwait(false);
        return descriptor;
    }

    private async Task<TableOfContents> FindContentsAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (saved.Find(layer.DiffId) is { } known)
            return known;
        if (willUnpack.ContainsKey(layer.DiffId))
        {
            // A RUN needs it unpacked anyway, and unpacking tells the contents: the layer is decompressed once.
            await UnpackAsync([layer], cancellation).ConfigureAwait(false);
            if (saved.Find(layer.DiffId) is { } unpacked)
                return unpacked;
        }
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false);
        TableOfContents table;
        if (blob is not null)
            table = await Busy(() => new LayerReader(tools.Store).Read(blob, layer.DiffId, entries => TableOfContents.Of(Watch(layer.DiffId, entries))), cancellation).ConfigureAwait(false);
        else
            table = TableOfContents.Of(writer.Ordered(await SourceOf(layer)(cancellation).ConfigureAwait(false)));
        saved.Save(layer.DiffId, table);
        return table;
    }

    private void Remember(Digest diffId, TableOfContents table)
    {
        contents[diffId] = new Lazy<Task<TableOfContents>>(Task.FromResult(table));
        saved.Save(diffId, table);
    }

    /// <summary>Work that keeps a processor busy: no more of it at a time than there are processors.</summary>
    private async Task<T> Busy<T>(Func<T> work, CancellationToken cancellation)
    {
        await processors.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        finally
        {
            processors.Release();
        }
    }

    private sealed class BytesSink(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
