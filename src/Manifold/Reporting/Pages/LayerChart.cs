using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The size of each platform: a bar of its layers by origin, and below it the size that the tag had before.</summary>
internal static class LayerChart
{
    private const int Height = 22, Ghost = 5;

    public static Html Render(RecordedComponent image, SharedLayers shared)
    {
        var made = image.Platforms.Where(platform => platform.Layers.Length > 0).ToList();
        var most = made.Select(platform => Math.Max(platform.CompressedBytes, image.Before?.Find(platform.Platform)?.CompressedBytes ?? 0))
            .DefaultIfEmpty()
            .Max();
        if (most == 0)
            return Html.Empty;
        return Pieces.Section("Sizes by layer", Note(image, made, shared), Html.Of($"""
            <p class="legend">{made.SelectMany(platform => platform.Layers).Select(shared.Kind).Distinct().Order(StringComparer.Ordinal).Select(kind => Html.Of($"<span><i class=\"swatch {kind}\"></i>{Meaning(kind)}</span>"))}{(image.Before is null ? Html.Empty : Html.Of($"<span><i class=\"swatch ghost\"></i>before this build</span>"))}</p>
            <div class="sizes">{made.Select(platform => Bar(image, platform, shared, most))}</div>

            """));
    }

    private static string Meaning(string kind) => kind switch
    {
        "base" => "base image",
        "own" => "this image",
        "shared" => "this image, shared by platforms or images",
        _ => kind,
    };

    private static Html Bar(RecordedComponent image, RecordedPlatform platform, SharedLayers shared, long most)
    {
        var before = image.Before?.Find(platform.Platform);
        return Html.Of($"""
            <div class="size"><div class="who">{platform.Platform.ToString()}</div><svg class="chart" height="{Height + (before is null ? 0 : Ghost + 2)}" role="img" aria-label="layers of {platform.Platform.ToString()}">{Segments(platform, before, shared, most)}{(before is null ? Html.Empty : Html.Of($"<rect class=\"layer ghost\" x=\"0\" y=\"{Height + 2}\" width=\"{100.0 * before.CompressedBytes / most}%\" height=\"{Ghost}\"><title>before: {Amounts.Bytes(before.CompressedBytes)}</title></rect>"))}</svg><div class="number">{Amounts.Bytes(platform.CompressedBytes)} {Pieces.Change(platform.CompressedBytes - before?.CompressedBytes)}</div></div>

            """);
    }

    private static IEnumerable<Html> Segments(
        RecordedPlatform platform, RecordedPredecessorPlatform? before, SharedLayers shared, long most)
    {
        var at = 0L;
        foreach (var layer in platform.Layers)
        {
            var isNew = before is not null && !before.Layers.Contains(layer.Digest);
            yield return Html.Of($"<rect class=\"layer {shared.Kind(layer)}{(isNew ? " new" : "")}\" x=\"{100.0 * at / most}%\" y=\"0\" "
                + $"width=\"{100.0 * layer.Bytes / most}%\" height=\"{Height}\"><title>{Amounts.Bytes(layer.Bytes)}"
                + $"{(isNew ? ", new" : "")}: {layer.Instruction}</title></rect>");
            at += layer.Bytes;
        }
    }

    private static string Note(RecordedComponent image, List<RecordedPlatform> made, SharedLayers shared)
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
