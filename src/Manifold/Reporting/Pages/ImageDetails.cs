using System.Globalization;
using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>The details of one image.</summary>
internal static class ImageDetails
{
    public static Html Render(BuildRecord record, RecordedComponent image) => Render(record, image, SharedLayers.Of(record, image));

    private static Html Render(BuildRecord record, RecordedComponent image, SharedLayers shared) => Html.Of($"""
        {(image.Failure is { } failure && record.Components.Length > 1 ? Html.Of($"<pre class=\"failure\">{failure}</pre>") : Html.Empty)}
        {Platforms(record, image)}
        {Hooks(record, image)}
        {StageMatrix.Render(record, image)}
        {(record.Components.Length == 1 ? Timeline.Render(record) : Html.Empty)}
        {LayerChart.Render(image, shared)}
        {IndexTree.Render(image, shared)}
        {Checks.Render(image)}
        {Pairs("Labels", image.Labels)}
        {Pairs("Build arguments", image.Arguments)}
        {Commands.Render(image)}
        """);

    private static Html Platforms(BuildRecord record, RecordedComponent image) => image.Platforms.IsEmpty ? Html.Empty
        : Pieces.Section("Platforms", "", Pieces.Table(
        ["platform", "manifest", "#compressed", "#unpacked", "#wasted", "#time", "#cached steps", "built", "verified"],
        image.Platforms.Select(platform => Platform(record, image, platform))));

    private static Html Platform(BuildRecord record, RecordedComponent image, RecordedPlatform platform) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th>{(platform.Manifest is null ? NotBuilt(record, image, platform) : Sizes(image, platform))}<td class="number">{(platform.IsCached ? Html.Of($"<span class=\"muted\">cached</span>") : Pieces.Seconds(platform.Seconds))}</td><td class="number">{platform.CachedSteps.ToString(CultureInfo.InvariantCulture)} of {platform.Steps.ToString(CultureInfo.InvariantCulture)}</td><td>{Way(record, image, platform)}</td><td>{Verdict(platform)}</td></tr>

        """);

    private static Html Way(BuildRecord record, RecordedComponent image, RecordedPlatform platform) =>
        Ways.Short(record, image, platform) is var way and not Ways.Unknown
        ? Html.Of($"<i class=\"dot {Pieces.ClassOf(platform.Way)}\"></i>{way}") : Html.Of($"<span class=\"muted\">–</span>");

    private static Html Sizes(RecordedComponent image, RecordedPlatform platform) => Html.Of($"""
        <td>{Pieces.Digest(platform.Manifest)}</td><td class="number">{Pieces.Bytes(platform.CompressedBytes)} {Pieces.Change(platform.CompressedBytes - image.Before?.Find(platform.Platform)?.CompressedBytes)}</td><td class="number">{Pieces.Bytes(platform.UncompressedBytes)}</td><td class="number">{Pieces.Bytes(platform.WastedBytes)}</td>
        """);

    /// <summary>The reason; if the page shows it above already, only that the platform failed.</summary>
    private static Html NotBuilt(BuildRecord record, RecordedComponent image, RecordedPlatform platform) => platform.Failure switch
    {
        null when record.HasFailed(image, platform) => Html.Of($"<td colspan=\"4\" class=\"bad\">failed</td>"),
        null => Html.Of($"<td colspan=\"4\" class=\"muted\">not built</td>"),
        { } failure when failure == image.Failure || failure == record.Failure =>
            Html.Of($"<td colspan=\"4\" class=\"bad\">failed, see the error above</td>"),
        { } failure => Html.Of($"<td colspan=\"4\" class=\"bad prose\">{(platform.Optional ? "skipped: " : "")}{failure}</td>"),
    };

    private static Html Hooks(BuildRecord record, RecordedComponent image)
    {
        var hooks = record.Hooks.Where(hook => hook.Component == image.Name).ToList();
        return hooks.Count == 0 ? Html.Empty : Pieces.Section("Hooks",
            "Commands that ran on this machine before the build.", Pieces.Table(["command", "#time"], hooks.Select(hook => Html.Of($"""
            <tr><th scope="row" class="prose"><code>{hook.Name}</code></th><td class="number">{Pieces.Seconds(hook.Elapsed)}</td></tr>

            """))));
    }

    private static Html Verdict(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "yes" => Html.Of($"<span class=\"good\">✓</span> yes"),
        "yes, started" => Html.Of($"<span class=\"good\">✓</span> starts"),
        "error" or "does not start" => Html.Of($"<span class=\"bad\">✕ {BuildTable.Verdict(platform)}</span>"),
        "warning" => Html.Of($"<span class=\"odd\">! warning</span>"),
        var none => Html.Of($"<span class=\"muted\">{none}</span>"),
    };

    private static Html Pairs(string heading, IReadOnlyDictionary<string, string> pairs) =>
        pairs.Count == 0 ? Html.Empty : Pieces.Section(heading, "", Html.Of($"""
        <dl class="pairs">{pairs.Select(pair => Html.Of($"<dt><code>{pair.Key}</code></dt><dd>{pair.Value}</dd>"))}</dl>

        """));
}
