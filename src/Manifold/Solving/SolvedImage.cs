using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Solving;

/// <summary>A layer as an image lists it: in the config by diff id, in the manifest by its blob.</summary>
/// <param name="Step">The step that it comes from: its maker, or the <see cref="BaseStep"/> whose image it belongs to.</param>
internal sealed record PublishedLayer(Digest DiffId, Descriptor Blob, Step Step)
{
    /// <summary>Whether a step of the plan made the layer, be it now or in an earlier build.</summary>
    public bool IsOwn => Step is not BaseStep;
}

/// <summary>One platform's layers, lowest first. The blobs of base layers may still be in their registry only.</summary>
/// <param name="StepsWithLayer">The digests of the steps that made a layer; the others changed nothing.</param>
internal sealed record SolvedImage(ImmutableArray<PublishedLayer> Layers, ImmutableHashSet<Digest> StepsWithLayer)
{
    /// <summary>Nothing made a layer: the one that is there has no files.</summary>
    public bool IsEmpty { get; init; }
}
