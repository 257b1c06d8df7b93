using System.Collections.Concurrent;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>The files of layers that steps of this run made, as the steps can read them again.</summary>
/// <remarks>
/// Used where a layer is neither unpacked nor has a blob. A source outlives the step that told of it: other images use the layer when the
/// step's own image has failed, so a source must hear the token of each call and no other. Thread-safe.
/// </remarks>
internal sealed class LayerSources
{
    private readonly ConcurrentDictionary<Digest, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>>> sources = new();

    /// <summary>
    /// Tells of a source. The first one told counts: where a chain has a layer twice, the upper one's source looks at what lies
    /// below it, which is the layer itself, and would wait for itself.
    /// </summary>
    public void Add(Digest diffId, Func<CancellationToken, Task<IReadOnlyCollection<LayerEntry>>> source) =>
        sources.TryAdd(diffId, source);

    public bool Has(Digest diffId) => sources.ContainsKey(diffId);

    /// <exception cref="ContentMismatchException">Nobody knows the layer's files.</exception>
    public Task<IReadOnlyCollection<LayerEntry>> ReadAsync(ChainLayer layer, CancellationToken cancellation) =>
        sources.TryGetValue(layer.DiffId, out var source) ? source(cancellation) : throw KeepingTools.Gone(layer);
}
