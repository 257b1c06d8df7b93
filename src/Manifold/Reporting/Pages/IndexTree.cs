using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>The index as it stands in the registry: its manifests, and their layers.</summary>
internal static class IndexTree
{
    public static Html Render(RecordedComponent image) => image.Index is not { } index ? Html.Empty : Pieces.Section("Index", "", Html.Of($"""
        <ul class="tree"><li><span class="node"><b>index</b> {Pieces.Digest(index.Digest)} <span class="muted">{image.Title}</span></span>
        <ul>{image.Platforms.Where(platform => platform.Manifest is not null).Select(platform => Manifest(image, platform))}</ul></li></ul>

        """));

    private static Html Manifest(RecordedComponent image, RecordedPlatform platform) => Html.Of($"""
        <li><details><summary class="node"><b>{platform.Platform.ToString()}</b> {Pieces.Digest(platform.Manifest)} <span class="muted">{Units.Count(platform.Layers.Length, "layer")}, {Units.Bytes(platform.CompressedBytes)}{Shared(platform)}</span></summary>
        <ul>{platform.Layers.Select((layer, i) => Layer(layer, i + 1, image.Before?.Find(platform.Platform)))}</ul></details></li>

        """);

    private static Html Layer(RecordedLayer layer, int number, RecordedPredecessorPlatform? before) => Html.Of($"""
        <li><span class="node layer-line"><i class="swatch {LayerChart.Kind(layer)}"></i><span class="number">{number}</span>{Pieces.Digest(layer.Digest)}<span class="number">{Units.Bytes(layer.Bytes)}</span><code class="instruction">{layer.Instruction}</code>{(before is not null && !before.Layers.Contains(layer.Digest) ? Html.Of($"<span class=\"tag\">new</span>") : Html.Empty)}{(layer.SharedWith.IsEmpty ? Html.Empty : Html.Of($"<span class=\"muted\">also {string.Join(", ", layer.SharedWith)}</span>"))}</span></li>

        """);

    private static string Shared(RecordedPlatform platform) =>
        platform.Layers.Count(layer => !layer.SharedWith.IsEmpty) is var shared and > 0 ? $", {shared} shared" : "";
}
