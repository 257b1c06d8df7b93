using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>The tools of the classes that keep layers, shared by all of them.</summary>
internal sealed record KeepingTools(LayerTools Program, LayerWriter Writer, Action<BuildEvent> On)
{
    /// <summary>Bounds the work that keeps a processor busy, whichever class does it.</summary>
    public Processors Processors { get; } = new();

    /// <summary>Sees the entries of every layer that is decompressed for its contents alone, and hands on each.</summary>
    public required Func<Digest, IEnumerable<LayerEntry>, IEnumerable<LayerEntry>> Watch { get; init; }

    public void Tell(TransferKind kind, Digest digest, string where, long bytes, long size) =>
        On(new Transferred(kind, digest, where, bytes, size) { Time = Program.Time.GetUtcNow() });

    public static ContentMismatchException Gone(ChainLayer layer) =>
        new($"The layer {layer.DiffId.Short} is no longer in the store. Build again with --no-cache.");
}
