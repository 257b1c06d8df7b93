using Manifold.Concurrency;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.Solving.Keeping;

/// <summary>Reads the files of layers with their content, each layer from the form that costs least.</summary>
/// <remarks>
/// <code>
///                        entries, once               a tree, for many look-ups
/// unpacked            1  its folder                  its folder
/// a RUN will need it     as below                    unpacked first
/// made by a step      2  the step's files            the step's files
/// a blob              3  decompressed                its tar, kept on disk
/// </code>
/// A tree is made once for all who ask. Thread-safe.
/// </remarks>
internal sealed class LayerReading(
    KeepingTools tools, LayerSources sources, BlobFinder blobs, UnpackedLayers unpacked, LayerPaths paths)
{
    private readonly SharedWork<Digest, LayerTree> trees = new();
    private readonly LayerTars tars = new(tools.Program.Store);

    /// <summary>Hands the entries to somebody who reads them once.</summary>
    public async Task<T> ReadAsync<T>(ChainLayer layer, Func<IEnumerable<LayerEntry>, T> use, CancellationToken cancellation)
    {
        // 1, 2
        if (unpacked.Has(layer.DiffId) || sources.Has(layer.DiffId))
        {
            var entries = await EntriesAsync(layer, cancellation).ConfigureAwait(false);
            return await tools.Processors.RunAsync(() => use(entries), cancellation).ConfigureAwait(false);
        }
        // 3
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false);
        var reader = new LayerReader(tools.Program.Store);
        return await blobs.ReadAsync(layer, () => reader.Read(blob, layer.DiffId, use, cancellation), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>A step's layer, entry by entry: 1 or 2.</summary>
    public async Task<IReadOnlyCollection<LayerEntry>> EntriesAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (!unpacked.Has(layer.DiffId))
            return await sources.ReadAsync(layer, cancellation).ConfigureAwait(false);
        // A RUN's snapshot also holds what overlayfs copied up unchanged; the table of contents says what is the layer's.
        var table = await paths.FindAsync(layer, cancellation).ConfigureAwait(false);
        var folder = new FolderReader(unpacked.FolderOf(layer.DiffId)) { ImpliedFolders = table.ImpliedFolders };
        return [.. folder.Entries().Until(cancellation)
            .Where(entry => table.Find(entry.Path) is { } listed && listed.Implied == entry.Implied)];
    }

    /// <summary>A layer as a tree. Owned by the caller: one for each reader.</summary>
    public async Task<ILayerContents> OpenAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (!unpacked.Has(layer.DiffId) && !unpacked.IsExpected(layer.DiffId))
            return await trees.GetAsync(layer.DiffId, stop => MakeTreeAsync(layer, stop), cancellation).ConfigureAwait(false);
        await unpacked.UnpackAsync([layer], cancellation).ConfigureAwait(false);
        return unpacked.Open(layer);
    }

    public void Forget(Digest diffId) => trees.Forget(layer => layer == diffId);

    private async Task<LayerTree> MakeTreeAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (sources.Has(layer.DiffId))
            return LayerTree.Of(tools.Writer.Ordered(await sources.ReadAsync(layer, cancellation).ConfigureAwait(false)));
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false);
        return await blobs.ReadAsync(layer, () => tars.OpenAsync(blob, layer.DiffId, cancellation), cancellation).ConfigureAwait(false);
    }

    private async Task<Descriptor> FindBlobAsync(ChainLayer layer, CancellationToken cancellation) =>
        await blobs.FindAsync(layer, cancellation).ConfigureAwait(false) ?? throw KeepingTools.Gone(layer);
}
