using System.Collections.Concurrent;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Events;
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
/// base: registry ─► blob ─────────┼── one layer ─────┼─► snapshot  unpacked: for RUN
///              RUN's changes ─────┘                  ├─► files     with content, as they lie there: for COPY --from
///                                                    └─► blob      compressed: for publication
/// </code>
/// Each form of each layer is made once in a process; what is on disk already is used. Thread-safe.
/// </remarks>
public sealed partial class LayerKeeper(LayerTools tools, long fileTime, Action<BuildEvent> on)
{
    private readonly LayerWriter writer = new(new FileTime(fileTime));
    private readonly SemaphoreSlim processors = new(Environment.ProcessorCount);
    private readonly ConcurrentDictionary<Digest, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>>> sources = new();
    private readonly SharedWork<Digest, TableOfContents> contents = new();
    private readonly SharedWork<(Digest, LayerForm), Descriptor> blobs = new();
    private readonly ContentsCache saved = new(tools.Store);
    private readonly ConcurrentDictionary<Digest, bool> willUnpack = new();
    private readonly SharedWork<Digest, LayerTree> trees = new();
    private readonly LayerTars tars = new(tools.Store);

    /// <summary>The folder of the store.</summary>
    internal string StoreRoot => tools.Store.Root;

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

    /// <summary>A layer without files.</summary>
    public async Task<ChainLayer> EmptyAsync(CancellationToken cancellation)
    {
        var layer = await Busy(() => writer.Hash([], cancellation), cancellation).ConfigureAwait(false);
        Remember(layer.DiffId, layer.Contents);
        Know(layer.DiffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>([]));
        return new ChainLayer(layer.DiffId);
    }

    /// <summary>Tells where a layer's files can be had if neither its snapshot nor its blob is there. The last one told counts: an earlier one may belong to work that was given up.</summary>
    public void Know(Digest diffId, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> source) => sources[diffId] = source;

    /// <summary>Whether the layer's files are at hand without running anything.</summary>
    public async Task<bool> HasAsync(Digest diffId, CancellationToken cancellation) => tools.Snapshots.Contains(diffId) || tools.Cache.FindBlob(diffId) is not null
        || await tools.Cache.Imported.FindLayerAsync(diffId, null, cancellation).ConfigureAwait(false) is not null;

    /// <summary>What a cache said of the layer is not true: nothing is believed of it any more, and it is made here when it is needed.</summary>
    public void Forget(Digest diffId)
    {
        tools.Cache.Imported.Forget(diffId);
        contents.Forget(layer => layer == diffId);
        trees.Forget(layer => layer == diffId);
        blobs.Forget(blob => blob.Item1 == diffId);
    }

    /// <summary>What paths the layer has.</summary>
    public Task<TableOfContents> ContentsAsync(ChainLayer layer, CancellationToken cancellation) =>
        contents.GetAsync(layer.DiffId, stop => FindContentsAsync(layer, stop), cancellation);

    /// <summary>The merged contents of a chain, lowest first.</summary>
    public async Task<Chain> ContentsAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        new(await Task.WhenAll(chain.Select(layer => ContentsAsync(layer, cancellation))).ConfigureAwait(false));

    /// <summary>Whether the contents are known without reading the layer.</summary>
    public bool HasContents(Digest diffId) => contents.IsKnown(diffId) || saved.Has(diffId);

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
        return await OfBlob(layer, () => new LayerReader(tools.Store).Read(blob, layer.DiffId, use, cancellation),
            cancellation).ConfigureAwait(false);
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
            return await trees.GetAsync(layer.DiffId, stop => ReadTreeAsync(layer, stop), cancellation).ConfigureAwait(false);
        await UnpackAsync([layer], cancellation).ConfigureAwait(false);
        return Unpacked(layer);
    }

    private async Task<LayerTree> ReadTreeAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (sources.TryGetValue(layer.DiffId, out var source))
            return LayerTree.Of(writer.Ordered(await source(cancellation).ConfigureAwait(false)));
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false) ?? throw Gone(layer);
        return await OfBlobAsync(layer, () => tars.OpenAsync(blob, layer.DiffId, cancellation), cancellation).ConfigureAwait(false);
    }

    private SnapshotFolder Unpacked(ChainLayer layer) =>
        new(tools.Snapshots.FolderOf(layer.DiffId), tools.Snapshots.ImpliedBy(layer.DiffId));

    /// <summary>Makes the changes of a RUN a snapshot by renaming them; the folder is gone from where it was.</summary>
    public async Task AdoptAsync(Digest diffId, string changes, CancellationToken cancellation)
    {
        var table = await ContentsAsync(new ChainLayer(diffId), cancellation).ConfigureAwait(false);
        tools.Snapshots.Adopt(changes, diffId, table.ImpliedFolders);
    }

    /// <summary>A step's layer, entry by entry: from its snapshot, else from where its files came from.</summary>
    private async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (!tools.Snapshots.Contains(layer.DiffId))
            return await SourceOf(layer)(cancellation).ConfigureAwait(false);
        // A RUN's snapshot also holds what overlayfs copied up unchanged; the table of contents says what is the layer's.
        var table = await ContentsAsync(layer, cancellation).ConfigureAwait(false);
        var folder = new FolderReader(tools.Snapshots.FolderOf(layer.DiffId)) { ImpliedFolders = table.ImpliedFolders };
        return [.. folder.Entries().Until(cancellation)
            .Where(entry => table.Find(entry.Path) is { } listed && listed.Implied == entry.Implied)];
    }

    private Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> SourceOf(ChainLayer layer) => sources.GetValueOrDefault(layer.DiffId)
        ?? throw Gone(layer);

    private static ContentMismatchException Gone(ChainLayer layer) => new($"The layer {layer.DiffId.Short} is no longer in the store. Build again with --no-cache.");

    private async Task<FolderSet> FillAsync(ChainLayer layer, string folder, CancellationToken cancellation)
    {
        var writer = new FolderWriter(folder, SnapshotStore.Format);
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false);
        UnpackedFolder unpacked;
        if (blob is not null)
            unpacked = await OfBlob(layer, () => new LayerReader(tools.Store).Unpack(blob, layer.DiffId, writer, cancellation), cancellation).ConfigureAwait(false);
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
            table = await OfBlob(layer,
                () => new LayerReader(tools.Store).Read(blob, layer.DiffId,
                    entries => TableOfContents.Of(Watch(layer.DiffId, entries.Until(cancellation))), cancellation),
                cancellation).ConfigureAwait(false);
        else
            table = TableOfContents.Of(writer.Ordered(await SourceOf(layer)(cancellation).ConfigureAwait(false)).Until(cancellation));
        saved.Save(layer.DiffId, table);
        return table;
    }

    private void Remember(Digest diffId, TableOfContents table)
    {
        contents.Remember(diffId, table);
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
}
