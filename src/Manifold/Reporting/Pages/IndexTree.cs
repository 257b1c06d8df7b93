using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The index as in the registry: its manifests and their layers.</summary>
internal static class IndexTree
{
    public static Html Render(RecordedComponent image, SharedLayers shared) =>
        image.Index is not { } index ? Html.Empty : Pieces.Section("Index", "", Html.Of($"""
        <ul class="tree"><li><span class="node"><b>index</b> {Pieces.Digest(index.Digest)} <span class="muted">{image.Title}</span></span>
        <ul>{image.Platforms.Where(platform => platform.Manifest is not null).Select(platform => Manifest(image, platform, shared))}</ul></li></ul>

        """));

    private static Html Manifest(RecordedComponent image, RecordedPlatform platform, SharedLayers shared) => Html.Of($"""
        <li><details><summary class="node"><b>{platform.Platform.ToString()}</b> {Pieces.Digest(platform.Manifest)} <span class="muted">{Amounts.Count(platform.Layers.Length, "layer")}, {Amounts.Bytes(platform.CompressedBytes)}{Shared(platform, shared)}</span></summary>
        <ul>{platform.Layers.Select((layer, i) => Layer(layer, i + 1, image.Before?.Find(platform.Platform), shared))}</ul></details></li>

        """);

    private static Html Layer(RecordedLayer layer, int number, RecordedPredecessorPlatform? before, SharedLayers shared) => Html.Of($"""
        <li><span class="node layer-line"><i class="swatch {shared.Kind(layer)}"></i><span class="number">{number}</span>{Pieces.Digest(layer.Digest)}<span class="number">{Amounts.Bytes(layer.Bytes)}</span><code class="instruction">{layer.Instruction}</code>{(before is not null && !before.Layers.Contains(layer.Digest) ? Html.Of($"<span class=\"tag\">new</span>") : Html.Empty)}{(shared.Has(layer) ? Html.Of($"<span class=\"muted\">also in {string.Join(", ", shared.Places(layer))}</span>") : Html.Empty)}</span></li>

        """);

    private static string Shared(RecordedPlatform platform, SharedLayers shared) =>
        platform.Layers.Count(shared.Has) is var count and > 0 ? $", {count} shared" : "";
}
