using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Solving;

/// <summary>A layer as an image lists it: in the config by diff id, in the manifest by its blob.</summary>
public sealed record PublishedLayer(Digest DiffId, Descriptor Blob);

/// <summary>One platform's layers, lowest first. The blobs of base layers may still be in their registry only.</summary>
/// <param name="StepsWithLayer">The digests of the steps that made a layer; the others changed nothing.</param>
public sealed record SolvedImage(ImmutableArray<PublishedLayer> Layers, ImmutableHashSet<Digest> StepsWithLayer);
