using Manifold.Content;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.Solving.Keeping;

/// <summary>What the keeper works with; made once per program.</summary>
internal sealed record LayerTools(Store Store, SnapshotStore Snapshots, StepCache Cache, BlobPull Pull, TimeProvider Time)
{
    /// <summary>Whether a registry has a blob now. One that cannot be asked has nothing.</summary>
    public Func<RemoteBlob, CancellationToken, Task<bool>> Has { get; init; } = (_, _) => Task.FromResult(false);
}

/// <summary>Brings a blob that a registry has into the store.</summary>
internal delegate Task BlobPull(RemoteBlob remote, IProgress<long> progress, CancellationToken cancellation);

/// <summary>Has each layer in the form that is asked for, and makes a form only when somebody asks.</summary>
/// <remarks>
/// <code>
/// a step's files   <see cref="LayerSources"/> ─┐            ┌─► paths     <see cref="LayerPaths"/>: for destinations of COPY
/// registry, cache  <see cref="BlobFinder"/> ───┼─ one layer ─┼─► a folder  <see cref="UnpackedLayers"/>: for RUN
/// a RUN's changes  <see cref="AdoptAsync"/> ───┘            ├─► its files <see cref="LayerReading"/>: for COPY --from
///                                             └─► a blob    <see cref="PublishedBlobs"/>: for publication
/// </code>
/// Each form of each layer is made once in a process; what is on disk already is used. Shared by all images of a run: what one image
/// asked for stays whole when that image fails or is stopped. Thread-safe.
/// </remarks>
internal sealed class LayerKeeper : ILayerBlobs
{
    private readonly LayerTools program;
    private readonly KeepingTools tools;
    private readonly LayerSources sources = new();
    private readonly ContentTables tables;
    private readonly BlobFinder blobs;
    private readonly UnpackedLayers unpacked;
    private readonly LayerPaths paths;
    private readonly LayerReading reading;
    private readonly PublishedBlobs published;

    /// <param name="program">Its cache may be shared with other keepers.</param>
    /// <param name="fileTime">The latest time that a file of a layer may have, in seconds since 1970.</param>
    /// <param name="on">Called from several threads.</param>
    public LayerKeeper(LayerTools program, long fileTime, Action<BuildEvent> on)
    {
        this.program = program;
        var writer = new LayerWriter(new FileTime(fileTime));
        tools = new KeepingTools(program, writer, on) { Watch = (layer, entries) => Watch(layer, entries) };
        tables = new ContentTables(program.Store);
        blobs = new BlobFinder(tools, sources);
        unpacked = new UnpackedLayers(tools, sources, blobs, tables);
        paths = new LayerPaths(tools, sources, blobs, tables, unpacked);
        reading = new LayerReading(tools, sources, blobs, unpacked, paths);
        published = new PublishedBlobs(tools, sources, blobs, unpacked, reading);
    }

    /// <summary>The folder of the store.</summary>
    internal string StoreRoot => program.Store.Root;

    /// <summary>
    /// Sees the entries of every layer that is decompressed for its contents alone;
    /// must hand on each, and may read its content.
    /// </summary>
    public Func<Digest, IEnumerable<LayerEntry>, IEnumerable<LayerEntry>> Watch { get; init; } = (_, entries) => entries;

    /// <summary>Tells of layers that RUNs will stand on: whoever needs their contents unpacks them.</summary>
    public void WillUnpack(IEnumerable<Digest> layers) => unpacked.Expect(layers);

    /// <summary>
    /// The layer that entries make, by diff id. Null where there are none.
    /// Reads each file once; stores only the contents.
    /// </summary>
    public async Task<Digest?> HashAsync(IReadOnlyCollection<LayerEntry> entries, CancellationToken cancellation) =>
        entries.Count == 0 ? null : await HashAllAsync(entries, cancellation).ConfigureAwait(false);

    /// <summary>A layer without files.</summary>
    public async Task<ChainLayer> EmptyAsync(CancellationToken cancellation)
    {
        var diffId = await HashAllAsync([], cancellation).ConfigureAwait(false);
        Know(diffId, _ => Task.FromResult<IReadOnlyCollection<LayerEntry>>([]));
        return new ChainLayer(diffId);
    }

    /// <summary>Tells where a layer's files can be had if neither its snapshot nor its blob is there. The first one told counts.</summary>
    /// <param name="source">Outlives the caller's work. Must hear the token that it is given, and no other.</param>
    public void Know(Digest diffId, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> source) => sources.Add(diffId, source);

    /// <summary>Whether the layer's files are at hand without running anything.</summary>
    public async Task<bool> HasAsync(Digest diffId, CancellationToken cancellation) =>
        unpacked.Has(diffId) || await blobs.IsThereAsync(diffId, cancellation).ConfigureAwait(false);

    /// <summary>Forgets what a cache said of the layer, because it is not true: the layer is made here when it is needed.</summary>
    public void Forget(Digest diffId)
    {
        program.Cache.Imported.Forget(diffId);
        tables.Forget(diffId);
        reading.Forget(diffId);
        published.Forget(diffId);
    }

    /// <summary>The paths that the layer has.</summary>
    public Task<TableOfContents> ContentsAsync(ChainLayer layer, CancellationToken cancellation) => paths.FindAsync(layer, cancellation);

    /// <summary>The merged contents of a chain, lowest first.</summary>
    public async Task<Chain> ContentsAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        new(await Task.WhenAll(chain.Select(layer => ContentsAsync(layer, cancellation))).ConfigureAwait(false));

    /// <summary>Keeps the contents of a layer that is elsewhere.</summary>
    public void KnowContents(Digest diffId, TableOfContents contents) => tables.Remember(diffId, contents);

    /// <summary>Whether the contents are known without reading the layer.</summary>
    public bool HasContents(Digest diffId) => tables.Has(diffId);

    /// <summary>The folder of a layer that is unpacked, else null.</summary>
    public string? UnpackedFolder(Digest diffId) => unpacked.Has(diffId) ? unpacked.FolderOf(diffId) : null;

    /// <summary>
    /// Hands a layer's entries with their content to somebody who reads them once, from the form that costs least: unpacked,
    /// where its files came from, its blob.
    /// </summary>
    public Task<T> ReadAsync<T>(ChainLayer layer, Func<IEnumerable<LayerEntry>, T> use, CancellationToken cancellation) =>
        reading.ReadAsync(layer, use, cancellation);

    /// <summary>Sees to it that each layer of a chain is unpacked; in parallel.</summary>
    public Task UnpackAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) => unpacked.UnpackAsync(chain, cancellation);

    /// <summary>An unpacked chain as one tree with content. Owned by the caller: one for each reader.</summary>
    public Chain OpenUnpacked(IEnumerable<ChainLayer> chain) => new([.. chain.Select(unpacked.Open)]);

    /// <summary>
    /// A chain as one tree with content, for readers: unpacked where it is so or a RUN will need it so, else as the layers have
    /// it. Owned by the caller: one for each reader.
    /// </summary>
    public async Task<Chain> FilesAsync(IEnumerable<ChainLayer> chain, CancellationToken cancellation) =>
        new(await Task.WhenAll(chain.Select(layer => reading.OpenAsync(layer, cancellation))).ConfigureAwait(false));

    /// <summary>Makes the changes of a RUN a snapshot by renaming them; the folder is gone from where it was.</summary>
    public async Task AdoptAsync(Digest diffId, string changes, CancellationToken cancellation) =>
        unpacked.Adopt(diffId, changes, await ContentsAsync(new ChainLayer(diffId), cancellation).ConfigureAwait(false));

    /// <summary>
    /// The layer's blob for publication: a base's is as it is in its registry, if it need not have another form;
    /// a step's is in the store.
    /// </summary>
    public Task<Descriptor> BlobAsync(ChainLayer layer, LayerPolicy policy, CancellationToken cancellation) =>
        published.GetAsync(layer, policy, cancellation);

    private async Task<Digest> HashAllAsync(IReadOnlyCollection<LayerEntry> entries, CancellationToken cancellation)
    {
        var layer = await tools.Processors.RunAsync(() => tools.Writer.Hash(entries, cancellation), cancellation).ConfigureAwait(false);
        tables.Remember(layer.DiffId, layer.Contents);
        return layer.DiffId;
    }
}
