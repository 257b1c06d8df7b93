using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Solving.Keeping;

/// <summary>Gives layers the form in which images list them.</summary>
internal interface ILayerBlobs
{
    /// <summary>The layer's blob. Each form of a layer is made once, however many images ask for it.</summary>
    Task<Descriptor> BlobAsync(ChainLayer layer, LayerPolicy policy, CancellationToken cancellation);

    /// <summary>A layer without files, for an image that has none.</summary>
    Task<ChainLayer> EmptyAsync(CancellationToken cancellation);
}
