using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Publishing;

namespace Manifold.Engine;

/// <summary>An image that an engine built.</summary>
/// <param name="Index">The image's index, which the image's tags name in the store; the manifest if the request has no index.</param>
/// <param name="Platforms">The image of each platform, in the order of the request.</param>
public sealed record EngineBuild(Descriptor Index, ImmutableArray<EnginePlatform> Platforms)
{
    /// <summary>The result of the publication; null if the image stays in the store.</summary>
    public Publication? Publication { get; init; }
}

/// <summary>The image of one platform.</summary>
/// <param name="CompressedBytes">The size of all layers in a registry, in bytes.</param>
public sealed record EnginePlatform(Platform Platform, Descriptor Manifest, ImageConfig Config, long CompressedBytes);
