using System.Globalization;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>All that is known of one image.</summary>
internal static class ImageDetails
{
    public static Html Render(BuildRecord record, RecordedComponent image) => Render(record, image, SharedLayers.Of(record, image));

    private static Html Render(BuildRecord record, RecordedComponent image, SharedLayers shared) => Html.Of($"""
        {(image.Failure is { } failure && record.Components.Length > 1 ? Html.Of($"<pre class=\"failure\">{failure}</pre>") : Html.Empty)}
        {Platforms(image)}
        {StageMatrix.Render(record, image)}
        {(record.Components.Length == 1 ? Timeline.Render(record) : Html.Empty)}
        {LayerChart.Render(image, shared)}
        {IndexTree.Render(image, shared)}
        {Checks.Render(image)}
        {Pairs("Labels", image.Labels)}
        {Pairs("Build arguments", image.Arguments)}
        {Commands.Render(image)}
        """);

    private static Html Platforms(RecordedComponent image) => image.Platforms.IsEmpty ? Html.Empty : Pieces.Section("Platforms", "", Pieces.Table(
        ["platform", "manifest", "#compressed", "#unpacked", "#wasted", "#time", "#cached", "how", "verified"], image.Platforms.Select(platform => Platform(image, platform))));

    private static Html Platform(RecordedComponent image, RecordedPlatform platform) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th>{(platform.Manifest is null ? Failed(platform) : Html.Of($"""
        <td>{Pieces.Digest(platform.Manifest)}</td><td class="number">{Pieces.Bytes(platform.CompressedBytes)} {Pieces.Change(platform.CompressedBytes - image.Before?.Find(platform.Platform)?.CompressedBytes)}</td><td class="number">{Pieces.Bytes(platform.UncompressedBytes)}</td><td class="number">{Pieces.Bytes(platform.WastedBytes)}</td>
        """))}<td class="number">{(platform.IsCached ? Html.Of($"<span class=\"muted\">cached</span>") : Pieces.Seconds(platform.Seconds))}</td><td class="number">{platform.CachedSteps.ToString(CultureInfo.InvariantCulture)} of {platform.Steps.ToString(CultureInfo.InvariantCulture)}</td><td><i class="dot {Pieces.ClassOf(platform.Way)}"></i> {BuildTable.Way(platform)}</td><td>{Verdict(platform)}</td></tr>

        """);

    private static Html Failed(RecordedPlatform platform) =>
        Html.Of($"<td colspan=\"4\" class=\"bad\">{(platform.Optional ? "left out: " : "")}{platform.Failure ?? "not made"}</td>");

    private static Html Verdict(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "yes" => Html.Of($"<span class=\"good\">✓</span>"),
        "yes, started" => Html.Of($"<span class=\"good\">✓</span> and started"),
        "error" or "does not start" => Html.Of($"<span class=\"bad\">✕ {BuildTable.Verdict(platform)}</span>"),
        "warning" => Html.Of($"<span class=\"odd\">! warning</span>"),
        var none => Html.Of($"<span class=\"muted\">{none}</span>"),
    };

    private static Html Pairs(string heading, IReadOnlyDictionary<string, string> pairs) => pairs.Count == 0 ? Html.Empty : Pieces.Section(heading, "", Html.Of($"""
        <dl class="pairs">{pairs.Select(pair => Html.Of($"<dt><code>{pair.Key}</code></dt><dd>{pair.Value}</dd>"))}</dl>

        """));
}
