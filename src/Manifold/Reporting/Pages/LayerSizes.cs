using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The size of each platform: a bar of its layers by origin, and below it the size that the tag had before.</summary>
internal sealed record LayerSizes : Piece
{
    private const int LayerHeight = 22, Gap = 2, BeforeHeight = 5;

    public required string Note { get; init; }
    public required IReadOnlyList<LegendEntry> Kinds { get; init; }
    public required bool HasBefore { get; init; }
    public required IReadOnlyList<PlatformBar> Platforms { get; init; }

    public int BarHeight { get; } = LayerHeight;
    public int GhostTop { get; } = LayerHeight + Gap;
    public int GhostHeight { get; } = BeforeHeight;

    public static Html Render(RecordedComponent image, SharedLayers shared)
    {
        var made = image.Platforms.Where(platform => platform.Layers.Length > 0).ToList();
        var most = made.Select(platform => Math.Max(platform.CompressedBytes, image.Before?.Find(platform.Platform)?.CompressedBytes ?? 0))
            .DefaultIfEmpty()
            .Max();
        if (most == 0)
            return default;
        var kinds = made.SelectMany(platform => platform.Layers).Select(shared.Kind).Distinct().Order(StringComparer.Ordinal);
        return Html.Of(new LayerSizes
        {
            Note = NoteOn(image, made, shared),
            Kinds = [.. kinds.Select(kind => new LegendEntry(kind, Meaning(kind)))],
            HasBefore = image.Before is not null,
            Platforms = [.. made.Select(platform => Bar(platform, image.Before?.Find(platform.Platform), shared, most))],
        });
    }

    private static string Meaning(string kind) => kind switch
    {
        "base" => "base image",
        "own" => "this image",
        "shared" => "this image, shared by platforms or images",
        _ => kind,
    };

    private static PlatformBar Bar(
        RecordedPlatform platform, RecordedPredecessorPlatform? before, SharedLayers shared, long most) => new()
        {
            Platform = platform.Platform.ToString(),
            Height = LayerHeight + (before is null ? 0 : Gap + BeforeHeight),
            Layers = [.. Segments(platform, before, shared, most)],
            Before = before is null ? null : new BeforeBar(100.0 * before.CompressedBytes / most, Amounts.Bytes(before.CompressedBytes)),
            Size = Amounts.Bytes(platform.CompressedBytes),
            Change = Pieces.Change(platform.CompressedBytes - before?.CompressedBytes),
        };

    private static IEnumerable<LayerSegment> Segments(
        RecordedPlatform platform, RecordedPredecessorPlatform? before, SharedLayers shared, long most)
    {
        var at = 0L;
        foreach (var layer in platform.Layers)
        {
            yield return new LayerSegment
            {
                Kind = shared.Kind(layer),
                IsNew = before is not null && !before.Layers.Contains(layer.Digest),
                X = 100.0 * at / most,
                Width = 100.0 * layer.Bytes / most,
                Size = Amounts.Bytes(layer.Bytes),
                Instruction = layer.Instruction,
            };
            at += layer.Bytes;
        }
    }

    private static string NoteOn(RecordedComponent image, List<RecordedPlatform> made, SharedLayers shared)
    {
        var layers = made.SelectMany(platform => platform.Layers).DistinctBy(layer => layer.Digest).ToList();
        var all = layers.Sum(layer => layer.Bytes);
        var text = $"{Amounts.Count(layers.Count, "distinct layer")}, {Amounts.Bytes(all)} in total. This build added "
            + $"{Amounts.Bytes(layers.Where(layer => layer.Origin == LayerOrigin.Own).Sum(layer => layer.Bytes))} to the base images.";
        if (layers.Where(shared.HasSibling).Sum(layer => layer.Bytes) is var common and > 0)
            text += $" Other images of this build share {Amounts.Bytes(common)} of them.";
        if (image.Before is not { Platforms.IsEmpty: false } before)
            return text;
        var kept = before.Platforms.SelectMany(platform => platform.Layers).ToHashSet();
        return $"{text} To update from the previous {before.Tag}, a machine pulls "
            + $"{Amounts.Bytes(layers.Where(layer => !kept.Contains(layer.Digest)).Sum(layer => layer.Bytes))}.";
    }
}

internal sealed record PlatformBar
{
    public required string Platform { get; init; }
    public required int Height { get; init; }

    /// <summary>Lowest first.</summary>
    public required IReadOnlyList<LayerSegment> Layers { get; init; }

    /// <summary>The size before the build; null if there was none.</summary>
    public required BeforeBar? Before { get; init; }

    public required string Size { get; init; }
    public required Html Change { get; init; }
}

internal sealed record BeforeBar(double Width, string Size);

/// <summary>A layer in the bar of its platform. Positions are in percent of the largest platform.</summary>
internal sealed record LayerSegment
{
    public required string Kind { get; init; }
    public required bool IsNew { get; init; }
    public required double X { get; init; }
    public required double Width { get; init; }
    public required string Size { get; init; }
    public required string Instruction { get; init; }
}
