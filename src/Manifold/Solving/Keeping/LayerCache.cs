using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>A place where earlier builds left layers, on whatever machine they ran.</summary>
internal interface ILayerCache
{
    /// <summary>For messages.</summary>
    string Name { get; }

    /// <summary>The repository that has the blobs, from which they can be mounted; null where it is no registry.</summary>
    ImageReference? Repository { get; }

    /// <summary>Whether a blob is there; costs one small request. A place that cannot be asked has nothing.</summary>
    Task<bool> HasAsync(Descriptor blob, CancellationToken cancellation);

    /// <summary>Brings a blob into the store, verified against its digest.</summary>
    Task FetchAsync(Descriptor blob, Store store, IProgress<long> progress, CancellationToken cancellation);
}

/// <summary>A layer's blob in a cache.</summary>
/// <param name="Form">How it was made, as <see cref="Layers.LayerForm.Name"/> has it.</param>
internal sealed record CachedLayer(Digest DiffId, string Form, Descriptor Blob);

/// <summary>What a step made, by its key.</summary>
internal sealed record CachedStep(Digest Key, StepRecord Record);

/// <summary>What a cache promised is not there, or is not what it promised.</summary>
internal sealed class CacheDamagedException(Digest diffId, string message, Exception inner) : ManifoldException(message, inner)
{
    public Digest DiffId => diffId;
    public override int ExitCode => 1;
}

/// <summary>
/// What the caches of other builds offer to this one: records of steps, and where their layers are. Nothing is fetched for it.
/// </summary>
/// <remarks>
/// Thread-safe. A step's key holds all that its result depends on, the platform of a RUN too; so no record serves another architecture.
/// </remarks>
internal sealed class ImportedCache
{
    private readonly ConcurrentDictionary<Digest, StepRecord> steps = new();
    private readonly ConcurrentDictionary<Digest, ImmutableList<(ILayerCache Cache, CachedLayer Layer)>> layers = new();
    private readonly SharedWork<(ILayerCache, Digest), bool> there = new();

    /// <summary>Idempotent. What is known of a step already stays.</summary>
    public void Add(ILayerCache cache, IEnumerable<CachedStep> records, IEnumerable<CachedLayer> blobs)
    {
        foreach (var layer in blobs)
            layers.AddOrUpdate(
                layer.DiffId, _ => [(cache, layer)], (_, known) => known.Contains((cache, layer)) ? known : known.Add((cache, layer)));
        foreach (var (key, record) in records)
            steps.TryAdd(key, record);
    }

    public StepRecord? FindStep(Digest key) => steps.GetValueOrDefault(key);

    /// <summary>Whether some cache claims to have the layer.</summary>
    public bool Knows(Digest diffId) => layers.ContainsKey(diffId);

    /// <summary>
    /// A blob of the layer that is there at this moment, in that form or in any; null where there is none.
    /// Each place is asked once for each blob.
    /// </summary>
    public async Task<(ILayerCache Cache, CachedLayer Layer)?> FindLayerAsync(Digest diffId, string? form, CancellationToken cancellation)
    {
        foreach (var found in layers.GetValueOrDefault(diffId, []).Where(found => form is null || found.Layer.Form == form))
        {
            var (cache, blob) = (found.Cache, found.Layer.Blob);
            if (await there.GetAsync((cache, blob.Digest), stop => cache.HasAsync(blob, stop), cancellation).ConfigureAwait(false))
                return found;
        }
        return null;
    }

    /// <summary>The layer is to be had from no cache any more.</summary>
    public void Forget(Digest diffId) => layers.TryRemove(diffId, out _);
}
