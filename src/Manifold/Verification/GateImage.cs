using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Verification.Starting;

namespace Manifold.Verification;

/// <summary>One platform's image, to be checked.</summary>
internal sealed record GateImage
{
    /// <summary>What the index entry says; null where there is no index.</summary>
    public required Platform? Claimed { get; init; }
    public required Descriptor Manifest { get; init; }
    public required ImageConfig Config { get; init; }

    /// <summary>Lowest first.</summary>
    public required ImmutableArray<GateLayer> Layers { get; init; }

    /// <summary>What clients will run it on.</summary>
    public Platform Platform => Claimed ?? Config.Platform;
}

/// <summary>A layer of an image.</summary>
/// <param name="Index">From 0, the lowest.</param>
/// <param name="IsOwn">Whether whoever asks made it: all of its files are looked at, not only those that the start comes to.</param>
/// <param name="Instruction">What made it, for people.</param>
/// <param name="Line">Where that stands, e.g. <c>Dockerfile:7</c>.</param>
internal sealed record GateLayer(int Index, Digest DiffId, Descriptor Blob, bool IsOwn, string? Instruction, string? Line);

/// <summary>Where the gate gets layers from: a build that has just made them, or a place of images.</summary>
internal interface ILayerShelf
{
    /// <summary>Whether the layer's paths are known without reading or fetching it.</summary>
    bool IsAtHand(GateLayer layer);

    /// <summary>The layer for looking things up.</summary>
    Task<LayerFiles> OpenAsync(GateLayer layer, CancellationToken cancellation);

    /// <summary>The facts of all files of the layer.</summary>
    Task<LayerCensus> TakeCensusAsync(GateLayer layer, CancellationToken cancellation);
}
