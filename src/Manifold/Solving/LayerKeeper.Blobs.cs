using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Solving;

/// <content>Blobs: compressed, or fetched from a base's registry or another build's cache.</content>
public sealed partial class LayerKeeper
{
    /// <summary>The layer's blob for publication: a base's is as it is in its registry, if it need not have another form; a step's is in the store.</summary>
    public Task<Descriptor> BlobAsync(ChainLayer layer, LayerPolicy policy, CancellationToken cancellation) =>
        layer.Remote is { } remote && (!policy.BasesToo || Compression.CompressionOf(remote.Descriptor.MediaType) == policy.Own.Compression)
            ? Task.FromResult(remote.Descriptor)
            : blobs.GetAsync((layer.DiffId, policy.Own), stop => CompressAsync(layer, policy.Own, stop), cancellation);

    private async Task<Descriptor> CompressAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        if (tools.Cache.FindBlob(layer.DiffId, form) is { } known)
            return known;
        if (layer.Remote is null && await OfCacheAsync(layer.DiffId, form, cancellation).ConfigureAwait(false) is { } cached)
            return cached;
        var blob = layer.Remote is null && (tools.Snapshots.Contains(layer.DiffId) || sources.ContainsKey(layer.DiffId))
            ? await MakeBlobAsync(layer, form, cancellation).ConfigureAwait(false)
            : await RewriteBlobAsync(layer, form, cancellation).ConfigureAwait(false);
        tools.Cache.SaveBlob(layer.DiffId, form, blob);
        on(new Transferred(TransferKind.Compress, layer.DiffId, "", blob.Size, blob.Size) { Time = tools.Time.GetUtcNow() });
        return blob;
    }

    /// <summary>A cache's blob of that form: one in a registry stays there until somebody reads it, so that a push there mounts it.</summary>
    private async Task<Descriptor?> OfCacheAsync(Digest diffId, LayerForm form, CancellationToken cancellation)
    {
        if (await tools.Cache.Imported.FindLayerAsync(diffId, form.Name, cancellation).ConfigureAwait(false) is not { } found)
            return null;
        if (found.Cache.Repository is not { } repository)
            return await FetchAsync(found.Cache, found.Layer, cancellation).ConfigureAwait(false);
        new BlobOrigins(tools.Store).Record(found.Layer.Blob.Digest, repository);
        return found.Layer.Blob;
    }

    private async Task<Descriptor> MakeBlobAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        var entries = await EntriesAsync(layer, cancellation).ConfigureAwait(false);
        var stored = await Busy(() => writer.StoreAsync(entries, tools.Store, form, cancellation), cancellation).Unwrap().ConfigureAwait(false);
        return stored.DiffId == layer.DiffId ? stored.Descriptor!
            : throw new ContentMismatchException($"Creating the layer {layer.DiffId.Short}: its files changed while the build read them "
                + $"(now {stored.DiffId.Short}), or the cache is damaged. Build again. If that does not help, add --no-cache.");
    }

    /// <summary>A base's blob, or one that was made in another form before. Its tar may be another builder's, and stays as it is.</summary>
    private async Task<Descriptor> RewriteBlobAsync(ChainLayer layer, LayerForm form, CancellationToken cancellation)
    {
        var blob = await FindBlobAsync(layer, cancellation).ConfigureAwait(false) ?? throw Gone(layer);
        return await Busy(() => new LayerRewriter(tools.Store).RewriteAsync(blob, layer.DiffId, form, cancellation), cancellation).Unwrap().ConfigureAwait(false);
    }

    /// <summary>The layer's blob in the store, a base's or a cache's fetched first; null where the layer has none yet.</summary>
    private async Task<Descriptor?> FindBlobAsync(ChainLayer layer, CancellationToken cancellation)
    {
        if (layer.Remote is { } remote)
            return await DownloadAsync(remote, cancellation).ConfigureAwait(false);
        if (tools.Cache.FindBlob(layer.DiffId) is { } own)
            return own;
        return await tools.Cache.Imported.FindLayerAsync(layer.DiffId, null, cancellation).ConfigureAwait(false) is { } found
            ? await FetchAsync(found.Cache, found.Layer, cancellation).ConfigureAwait(false) : null;
    }

    /// <summary>Brings a cache's blob here. It proves its digest now, and that it is this layer when it is read.</summary>
    private async Task<Descriptor> FetchAsync(ILayerCache cache, CachedLayer layer, CancellationToken cancellation)
    {
        try
        {
            if (tools.Store.SizeOf(layer.Blob.Digest) != layer.Blob.Size)
                await cache.FetchAsync(layer.Blob, tools.Store, Pulling(layer.Blob, cache.Name), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or IOException)
        {
            throw new CacheDamagedException(layer.DiffId, $"The cache {cache.Name} cannot provide its layer {layer.DiffId.Short}: "
                + $"{e.Message}", e);
        }
        if (LayerForm.FromName(layer.Form) is { } form)
            tools.Cache.SaveBlob(layer.DiffId, form, layer.Blob);
        return layer.Blob;
    }

    private BytesSink Pulling(Descriptor blob, string where) =>
        new(bytes => on(new Transferred(TransferKind.Pull, blob.Digest, where, bytes, blob.Size) { Time = tools.Time.GetUtcNow() }));

    /// <summary>Reads a layer's blob. One that a cache gave and that is another layer is the cache's fault, and mends itself.</summary>
    private Task<T> OfBlob<T>(ChainLayer layer, Func<T> read, CancellationToken cancellation) => OfBlobAsync(layer, () => Task.FromResult(read()), cancellation);

    private async Task<T> OfBlobAsync<T>(ChainLayer layer, Func<Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await Busy(read, cancellation).Unwrap().ConfigureAwait(false);
        }
        catch (Exception e) when (layer.Remote is null && tools.Cache.Imported.Knows(layer.DiffId) && e is LayerException or ContentMismatchException or InvalidDataException)
        {
            tools.Cache.ForgetBlobs(layer.DiffId);
            throw new CacheDamagedException(layer.DiffId, $"A cache returned the wrong content for the layer {layer.DiffId.Short}: "
                + $"{e.Message}", e);
        }
    }

    private async Task<Descriptor> DownloadAsync(RemoteBlob remote, CancellationToken cancellation)
    {
        var (descriptor, repository) = remote;
        if (tools.Store.Contains(descriptor.Digest))
            return descriptor;
        await tools.Registry.PullBlobAsync(repository, descriptor, tools.Store, Pulling(descriptor, repository.Name), cancellation).ConfigureAwait(false);
        return descriptor;
    }

    private sealed class BytesSink(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
