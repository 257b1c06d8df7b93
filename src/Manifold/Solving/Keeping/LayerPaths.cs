using Manifold.Layers;

namespace Manifold.Solving.Keeping;

/// <summary>Finds which paths a layer has, without its files' content.</summary>
/// <remarks>
/// <code>
/// a known table       1  <see cref="ContentTables"/>
/// a RUN will need it  2  unpacked first, which makes the table: the layer is decompressed once
/// a blob              3  decompressed
/// made by a step      4  the step's files
/// </code>
/// Thread-safe.
/// </remarks>
internal sealed class LayerPaths(
    KeepingTools tools, LayerSources sources, BlobFinder blobs, ContentTables tables, UnpackedLayers unpacked)
{
    public Task<TableOfContents> FindAsync(ChainLayer layer, CancellationToken cancellation) =>
        tables.GetAsync(layer.DiffId, stop => ReadAsync(layer, stop), cancellation);

    private async Task<TableOfContents> ReadAsync(ChainLayer layer, CancellationToken cancellation)
    {
        // 2
        if (unpacked.IsExpected(layer.DiffId))
        {
            await unpacked.UnpackAsync([layer], cancellation).ConfigureAwait(false);
            if (tables.FindSaved(layer.DiffId) is { } known)
                return known;
        }
        // 3
        if (await blobs.FindAsync(layer, cancellation).ConfigureAwait(false) is { } blob)
        {
            var reader = new LayerReader(tools.Program.Store);
            return await blobs.ReadAsync(layer, () => reader.Read(blob, layer.DiffId, Watched, cancellation), cancellation)
                .ConfigureAwait(false);
        }
        // 4
        var files = await sources.ReadAsync(layer, cancellation).ConfigureAwait(false);
        return TableOfContents.Of(tools.Writer.Ordered(files).Until(cancellation));

        TableOfContents Watched(IEnumerable<LayerEntry> entries) =>
            TableOfContents.Of(tools.Watch(layer.DiffId, entries.Until(cancellation)));
    }
}
