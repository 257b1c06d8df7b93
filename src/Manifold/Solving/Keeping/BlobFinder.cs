using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Solving.Keeping;

/// <summary>Brings a layer's blob into the store, whichever form it has, and reads it.</summary>
/// <remarks>
/// <code>
/// a base's layer    1  the store, else the base's registry
/// a step's layer    2  a blob that this store has
///                   3  another build's cache
///                   4  the repository that got it from another machine, unless the step's files are at hand
/// reading           5  a cache's blob that is another layer is the cache's fault: it is forgotten, and the step can be done here
/// </code>
/// Fetching a blob twice costs nothing: the second call finds it in the store. Thread-safe.
/// </remarks>
internal sealed class BlobFinder(KeepingTools tools, LayerSources sources)
{
    private readonly LayerTools program = tools.Program;

    /// <summary>Whether a blob is in the store, or a cache or a repository has it now.</summary>
    public async Task<bool> IsThereAsync(Digest diffId, CancellationToken cancellation) => program.Cache.FindBlob(diffId) is not null
        || await program.Cache.Imported.FindLayerAsync(diffId, null, cancellation).ConfigureAwait(false) is not null
        || (program.Cache.FindPushed(diffId) is { } pushed && await program.Has(pushed, cancellation).ConfigureAwait(false));

    /// <summary>The layer's blob in the store; null where the layer has none yet.</summary>
    public async Task<Descriptor?> FindAsync(ChainLayer layer, CancellationToken cancellation)
    {
        // 1
        if (layer.Remote is { } remote)
            return await DownloadAsync(remote, cancellation).ConfigureAwait(false);
        // 2
        if (program.Cache.FindBlob(layer.DiffId) is { } own)
            return own;
        // 3
        if (await program.Cache.Imported.FindLayerAsync(layer.DiffId, null, cancellation).ConfigureAwait(false) is { } found)
            return await FetchAsync(found.Cache, found.Layer, cancellation).ConfigureAwait(false);
        // 4
        return !sources.Has(layer.DiffId) && program.Cache.FindPushed(layer.DiffId) is { } pushed
            ? await FetchAsync(layer.DiffId, pushed, cancellation).ConfigureAwait(false) : null;
    }

    /// <summary>
    /// A cache's blob of that form: one in a registry stays there until somebody reads it,
    /// so that a push there mounts it.
    /// </summary>
    public async Task<Descriptor?> FindInCacheAsync(Digest diffId, LayerForm form, CancellationToken cancellation)
    {
        if (await program.Cache.Imported.FindLayerAsync(diffId, form.Name, cancellation).ConfigureAwait(false) is not { } found)
            return null;
        if (found.Cache.Repository is not { } repository)
            return await FetchAsync(found.Cache, found.Layer, cancellation).ConfigureAwait(false);
        new BlobOrigins(program.Store).Record(found.Layer.Blob.Digest, repository);
        return found.Layer.Blob;
    }

    /// <summary>5. Reads a blob that <see cref="FindAsync"/> found, when a processor is free.</summary>
    /// <exception cref="CacheDamagedException">A cache gave it, and it is another layer.</exception>
    public Task<T> ReadAsync<T>(ChainLayer layer, Func<T> read, CancellationToken cancellation) =>
        ReadAsync(layer, () => Task.FromResult(read()), cancellation);

    /// <inheritdoc cref="ReadAsync{T}(ChainLayer, Func{T}, CancellationToken)"/>
    public async Task<T> ReadAsync<T>(ChainLayer layer, Func<Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await tools.Processors.RunAsync(read, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (layer.Remote is null
            && (program.Cache.Imported.Knows(layer.DiffId) || program.Cache.FindPushed(layer.DiffId) is not null)
            && e is LayerException or ContentMismatchException or InvalidDataException)
        {
            program.Cache.ForgetBlobs(layer.DiffId);
            throw new CacheDamagedException(layer.DiffId, $"A cache returned the wrong content for the layer {layer.DiffId.Short}: "
                + $"{e.Message}", e);
        }
    }

    /// <summary>Brings a cache's blob here. It proves its digest now, and that it is this layer when it is read.</summary>
    private async Task<Descriptor> FetchAsync(ILayerCache cache, CachedLayer layer, CancellationToken cancellation)
    {
        try
        {
            if (program.Store.SizeOf(layer.Blob.Digest) != layer.Blob.Size)
                await cache.FetchAsync(layer.Blob, program.Store, Pulling(layer.Blob, cache.Name), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or IOException)
        {
            throw new CacheDamagedException(layer.DiffId, $"The cache {cache.Name} cannot provide its layer {layer.DiffId.Short}: "
                + $"{e.Message}", e);
        }
        if (LayerForm.FromName(layer.Form) is { } form)
            program.Cache.SaveBlob(layer.DiffId, form, layer.Blob);
        return layer.Blob;
    }

    /// <summary>Brings a blob here that another machine pushed. If it is gone, its step is done here.</summary>
    private async Task<Descriptor> FetchAsync(Digest diffId, RemoteBlob pushed, CancellationToken cancellation)
    {
        try
        {
            return await DownloadAsync(pushed, cancellation).ConfigureAwait(false);
        }
        catch (ManifoldException e)
        {
            program.Cache.ForgetBlobs(diffId);
            throw new CacheDamagedException(diffId,
                $"{pushed.Repository.Name} cannot provide the layer {diffId.Short}: {e.Message}", e);
        }
    }

    private async Task<Descriptor> DownloadAsync(RemoteBlob remote, CancellationToken cancellation)
    {
        var (blob, repository) = remote;
        if (!program.Store.Contains(blob.Digest))
        {
            var progress = Pulling(blob, repository.Name);
            await program.Pull(remote, progress, cancellation).ConfigureAwait(false);
        }
        return blob;
    }

    private BytesSink Pulling(Descriptor blob, string where) =>
        new(bytes => tools.Tell(TransferKind.Pull, blob.Digest, where, bytes, blob.Size));

    private sealed class BytesSink(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
