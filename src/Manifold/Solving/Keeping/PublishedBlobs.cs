using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>The blobs of layers, in the form that publication asks for.</summary>
/// <remarks>
/// <code>
/// a base's blob, no other form asked for   1  its descriptor: the blob stays in its registry
/// made before, or in a cache               2  that one
/// a step's files, or a folder              3  written as a tar and compressed
/// a blob in another form                   4  compressed again; its tar may be another builder's, and stays as it is
/// </code>
/// Each form of each layer is made once for all who ask. Thread-safe.
/// </remarks>
internal sealed class PublishedBlobs(
    KeepingTools tools, LayerSources sources, BlobFinder blobs, UnpackedLayers unpacked, LayerReading reading)
{
    private readonly LayerTools program = tools.Program;
    private readonly SharedWork<(Digest DiffId, LayerForm Form), Descriptor> made = new();

    public Task<Descriptor> GetAsync(ChainLayer layer, LayerPolicy policy, CancellationToken cancellation)
    {
        // 1
        if (layer.Remote?.Descriptor is { } blob
            && (!policy.BasesToo || Compression.CompressionOf(blob.MediaType) == policy.Own.Compression))
            return Task.FromResult(blob);
        return made.GetAsync((layer.DiffId, policy.Own), stop => MakeAsync(layer, policy.Own, stop), cancellation);
    }

    public void Forget(Digest diffId) => made.Forget(key => key.DiffId == diffId);

    private async Task<Descriptor> MakeAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        // 2
        if (program.Cache.FindBlob(layer.DiffId, form) is { } known)
            return known;
        if (layer.Remote is null && await blobs.FindInCacheAsync(layer.DiffId, form, cancellation).ConfigureAwait(false) is { } cached)
            return cached;
        var hasFiles = layer.Remote is null && (unpacked.Has(layer.DiffId) || sources.Has(layer.DiffId));
        // It stays in its repository until somebody reads it.
        if (!hasFiles && program.Cache.FindPushed(layer.DiffId, form) is { } pushed
            && await program.Has(pushed, cancellation).ConfigureAwait(false))
            return pushed.Descriptor;
        var blob = hasFiles ? await WriteAsync(layer, form, cancellation).ConfigureAwait(false)
            : await RewriteAsync(layer, form, cancellation).ConfigureAwait(false);
        program.Cache.SaveBlob(layer.DiffId, form, blob);
        tools.Tell(TransferKind.Compress, layer.DiffId, "", blob.Size, blob.Size);
        return blob;
    }

    // 3
    private async Task<Descriptor> WriteAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        var entries = await reading.EntriesAsync(layer, cancellation).ConfigureAwait(false);
        var stored = await tools.Processors.RunAsync(
            () => tools.Writer.StoreAsync(entries, program.Store, form, cancellation), cancellation).ConfigureAwait(false);
        if (stored.DiffId != layer.DiffId)
            throw new ContentMismatchException($"Creating the layer {layer.DiffId.Short}: its files changed while the build read them "
                + $"(now {stored.DiffId.Short}), or the cache is damaged. Build again. If that does not help, add --no-cache.");
        return stored.Descriptor!;
    }

    // 4
    private async Task<Descriptor> RewriteAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        var blob = await blobs.FindAsync(layer, cancellation).ConfigureAwait(false) ?? throw KeepingTools.Gone(layer);
        var rewriter = new LayerRewriter(program.Store);
        return await tools.Processors.RunAsync(() => rewriter.RewriteAsync(blob, layer.DiffId, form, cancellation), cancellation)
            .ConfigureAwait(false);
    }
}
