using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The index as in the registry: its manifests and their layers.</summary>
internal sealed record IndexTree(Html Digest, string Title, IReadOnlyList<ManifestNode> Manifests) : Piece
{
    public static Html Render(RecordedComponent image, SharedLayers shared) => image.Index is not { } index ? default
        : Html.Of(new IndexTree(Pieces.Digest(index.Digest), image.Title,
            [.. image.Platforms.Where(platform => platform.Manifest is not null).Select(platform => Manifest(image, platform, shared))]));

    private static ManifestNode Manifest(RecordedComponent image, RecordedPlatform platform, SharedLayers shared) => new()
    {
        Platform = platform.Platform.ToString(),
        Digest = Pieces.Digest(platform.Manifest),
        Count = Amounts.Count(platform.Layers.Length, "layer"),
        Size = Amounts.Bytes(platform.CompressedBytes),
        SharedCount = platform.Layers.Count(shared.Has),
        Layers = [.. platform.Layers.Select((layer, i) => Layer(layer, i + 1, image.Before?.Find(platform.Platform), shared))],
    };

    private static LayerNode Layer(RecordedLayer layer, int number, RecordedPredecessorPlatform? before, SharedLayers shared) => new()
    {
        Kind = shared.Kind(layer),
        Number = number,
        Digest = Pieces.Digest(layer.Digest),
        Size = Amounts.Bytes(layer.Bytes),
        Instruction = layer.Instruction,
        IsNew = before is not null && !before.Layers.Contains(layer.Digest),
        SharedBy = shared.Has(layer) ? string.Join(", ", shared.Places(layer)) : null,
    };
}

internal sealed record ManifestNode
{
    public required string Platform { get; init; }
    public required Html Digest { get; init; }

    /// <summary>The number of layers, e.g. <c>3 layers</c>.</summary>
    public required string Count { get; init; }

    public required string Size { get; init; }
    public bool HasShared => SharedCount > 0;
    public required int SharedCount { get; init; }

    /// <summary>Lowest first.</summary>
    public required IReadOnlyList<LayerNode> Layers { get; init; }
}

internal sealed record LayerNode
{
    public required string Kind { get; init; }
    public required int Number { get; init; }
    public required Html Digest { get; init; }
    public required string Size { get; init; }
    public required string Instruction { get; init; }
    public required bool IsNew { get; init; }

    /// <summary>The other places that have the layer; null if there are none.</summary>
    public required string? SharedBy { get; init; }
}
