using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>
/// The layers of an image somewhere: each is fetched and read once, forward, whichever of its platforms ask;
/// nothing of it stays in memory but its facts.
/// </summary>
internal sealed class SourceLayers(IImageSource source, ContentsCache contents, CensusCache cache) : ILayerShelf
{
    // A few layers at once keep the line and the processors busy.
    private readonly SemaphoreSlim reading = new(Math.Max(2, Environment.ProcessorCount));
    private readonly SharedWork<Digest, LayerFiles> open = new();

    /// <summary>The layers that were fetched, not those that were known.</summary>
    public int Fetched => fetched;
    private int fetched;

    public bool IsAtHand(GateLayer layer) => open.IsKnown(layer.DiffId) || (contents.Has(layer.DiffId) && cache.Has(layer.DiffId));

    public Task<LayerFiles> OpenAsync(GateLayer layer, CancellationToken cancellation) =>
        open.GetAsync(layer.DiffId, stop => ReadAsync(layer, stop), cancellation);

    public async Task<LayerCensus> TakeCensusAsync(GateLayer layer, CancellationToken cancellation)
    {
        await OpenAsync(layer, cancellation).ConfigureAwait(false);
        return await cache.GetOrTakeAsync(
            layer.DiffId, _ => throw new InvalidOperationException("An open layer has its census."), cancellation).ConfigureAwait(false);
    }

    private async Task<LayerFiles> ReadAsync(GateLayer layer, CancellationToken cancellation)
    {
        var known = contents.Find(layer.DiffId);
        if (known is null || !cache.Has(layer.DiffId))
            known = null;
        var census = await cache.GetOrTakeAsync(layer.DiffId, async stop =>
        {
            (known, var taken) = await FetchAsync(layer, stop).ConfigureAwait(false);
            return taken;
        }, cancellation).ConfigureAwait(false);
        // The census may be of a layer that a build looked into, and its contents pruned.
        known ??= (await FetchAsync(layer, cancellation).ConfigureAwait(false)).Contents;
        return new LayerFiles(known, path => census.Files.GetValueOrDefault(path));
    }

    private async Task<(TableOfContents Contents, LayerCensus Census)> FetchAsync(GateLayer layer, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Interlocked.Increment(ref fetched);
            var blob = await source.OpenBlobAsync(layer.Blob, cancellation).ConfigureAwait(false);
            var read = await Task.Run(
                () => LayerReader.Read(blob, layer.Blob, layer.DiffId, entries => Take(entries, cancellation), cancellation),
                cancellation).ConfigureAwait(false);
            contents.Save(layer.DiffId, read.Contents);
            return read;
        }
        finally
        {
            reading.Release();
        }
    }

    private static (TableOfContents Contents, LayerCensus Census) Take(IEnumerable<LayerEntry> entries, CancellationToken cancellation)
    {
        var (table, census) = (new TableOfContents.Builder(), new LayerCensus.Builder());
        foreach (var entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            census.Add(entry);
            table.Add(entry);
        }
        return (table.Build(), census.Build());
    }
}
