using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Planning;
using Manifold.Solving;
using Manifold.Solving.Keeping;
using Manifold.Verification.Binaries;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>The layers of a build: unpacked folders are looked into file by file, everything else is read once, forward.</summary>
internal sealed class BuiltLayers(LayerKeeper keeper, CensusCache cache, ImmutableArray<PublishedLayer> layers) : ILayerShelf
{
    public bool IsAtHand(GateLayer layer) =>
        keeper.HasContents(layer.DiffId) && (cache.Has(layer.DiffId) || keeper.UnpackedFolder(layer.DiffId) is not null);

    public async Task<LayerFiles> OpenAsync(GateLayer layer, CancellationToken cancellation)
    {
        var contents = await keeper.ContentsAsync(ChainLayer(layer), cancellation).ConfigureAwait(false);
        if (!cache.Has(layer.DiffId) && !layer.IsOwn && keeper.UnpackedFolder(layer.DiffId) is { } folder)
            return new LayerFiles(contents, LookIn(folder));
        var census = await TakeCensusAsync(layer, cancellation).ConfigureAwait(false);
        return new LayerFiles(contents, path => census.Files.GetValueOrDefault(path));
    }

    public Task<LayerCensus> TakeCensusAsync(GateLayer layer, CancellationToken cancellation) =>
        cache.GetOrTakeAsync(layer.DiffId, stop => keeper.ReadAsync(ChainLayer(layer), LayerCensus.Of, stop), cancellation);

    private ChainLayer ChainLayer(GateLayer layer) => layers[layer.Index].Step is BaseStep { Image: { } image }
        ? new ChainLayer(layer.DiffId, new RemoteBlob(layer.Blob, image.FoundAs)) : new ChainLayer(layer.DiffId);

    private static Func<string, FileFacts?> LookIn(string folder)
    {
        var seen = new ConcurrentDictionary<string, FileFacts?>(StringComparer.Ordinal);
        return path => seen.GetOrAdd(path, _ =>
        {
            using var content = FolderReader.OpenFile(folder, path);
            return FileFacts.Read(path, content);
        });
    }
}
