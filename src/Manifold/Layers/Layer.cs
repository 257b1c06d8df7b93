using Manifold.Oci;

namespace Manifold.Layers;

/// <summary>How a layer's blob is compressed.</summary>
internal enum LayerCompression { Gzip, Zstd, None }

/// <summary>A layer: the digest of its tar, what is in it, and its blob where one was made.</summary>
internal sealed record Layer
{
    public required Digest DiffId { get; init; }
    public required TableOfContents Contents { get; init; }

    /// <summary>The blob in the store; null where the layer was only hashed.</summary>
    public Descriptor? Descriptor { get; init; }
}
