using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A table of a project's images: a row for each image, a column for each platform.</summary>
internal static class Overview
{
    public static Html Render(BuildRecord record)
    {
        ImmutableArray<Platform> platforms = [.. record.Platforms];
        var made = record.Components.SelectMany(image => image.Platforms).Where(platform => platform.Manifest is not null).ToList();
        var columns = platforms.Select(platform => "#" + platform.ToString().Replace("linux/", "", StringComparison.Ordinal));
        return Pieces.Section("Images", "", Html.Of($"""
            {Ways.Legend(made.Select(platform => platform.Way), made.Any(platform => platform.IsCached))}
            {Pieces.Table(["image", "state", .. columns, "#time", "digest"], record.Components.Select((image, i) => Row(record, image, i, platforms)), "overview")}
            """));
    }

    private static Html Row(BuildRecord record, RecordedComponent image, int number, ImmutableArray<Platform> platforms) => Html.Of($"""
        <tr><th scope="row"><a href="#image-{number}">{image.ShortName}</a></th><td>{State(record, image)}</td>{platforms.Select(platform => Cell(record, image, image.Platforms.FirstOrDefault(each => each.Platform == platform)))}<td class="number">{Time(record, image)}</td><td>{Pieces.Digest(image.Index?.Digest)}</td></tr>

        """);

    private static Html Cell(BuildRecord record, RecordedComponent image, RecordedPlatform? platform) => platform switch
    {
        null => Html.Of($"<td></td>"),
        { Manifest: null } when !record.HasFailed(image, platform) => Html.Of($"<td class=\"number muted\">–</td>"),
        { Manifest: null } =>
            Html.Of($"<td class=\"number bad\" title=\"{platform.Failure}\">{(platform.Optional ? "skipped" : "failed")}</td>"),
        _ => Html.Of($"<td class=\"number\"><span class=\"dot {Pieces.ClassOf(platform.Way)}"
            + $"{(platform.IsCached ? " cached" : "")}\" title=\"{Ways.Short(record, image, platform)}"
            + $", verified: {BuildTable.Verdict(platform)}\"></span>{Amounts.Bytes(platform.CompressedBytes)}{Mark(platform)}</td>"),
    };

    private static Html Mark(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "error" or "does not start" => Html.Of($"<sup class=\"bad\">✕</sup>"),
        "warning" => Html.Of($"<sup class=\"odd\">!</sup>"),
        _ => Html.Empty,
    };

    private static Html Time(BuildRecord record, RecordedComponent image)
    {
        var seconds = record.SecondsOf(image);
        if (record.StateOf(image) == ImageState.NotStarted)
            return Html.Of($"<span class=\"muted\">–</span>");
        var cached = !image.Platforms.IsEmpty && image.Platforms.All(platform => platform.IsCached)
            && record.Hooks.All(hook => hook.Component != image.Name);
        return cached ? Html.Of($"<span class=\"muted\">cached</span>") : Pieces.Seconds(seconds);
    }

    private static Html State(BuildRecord record, RecordedComponent image) => record.StateOf(image) switch
    {
        ImageState.Failed => Html.Of($"<span class=\"bad\">failed</span>"),
        ImageState.Published when image.Before?.Digest == image.Index?.Digest =>
            Html.Of($"<span class=\"good\">published</span>, unchanged"),
        ImageState.Published => Html.Of($"<span class=\"good\">published</span>"),
        ImageState.Built => Html.Of($"<span class=\"good\">built</span>"),
        var state => Html.Of($"<span class=\"muted\">{state.Text()}</span>"),
    };
}
