using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>All images of a project at one glance: a row each, a column for each platform.</summary>
internal static class Overview
{
    public static Html Render(BuildRecord record)
    {
        ImmutableArray<Platform> platforms = [.. record.Platforms];
        return Pieces.Section("Overview", "", Html.Of($"""
            {Ways.Legend(record.Components.SelectMany(component => component.Platforms).Select(platform => platform.Way))}
            {Pieces.Table(["image", .. platforms.Select(platform => "#" + platform.ToString().Replace("linux/", "", StringComparison.Ordinal)), "#time", "index", "state"],
                record.Components.Select((image, i) => Row(image, i, platforms)), "overview")}
            """));
    }

    private static Html Row(RecordedComponent image, int number, ImmutableArray<Platform> platforms) => Html.Of($"""
        <tr><th scope="row"><a href="#image-{number}">{image.ShortName}</a></th>{platforms.Select(platform => Cell(image.Platforms.FirstOrDefault(each => each.Platform == platform)))}<td class="number">{Time(image)}</td><td>{Pieces.Digest(image.Index?.Digest)}</td><td>{State(image)}</td></tr>

        """);

    private static Html Cell(RecordedPlatform? platform) => platform switch
    {
        null => Html.Of($"<td></td>"),
        { Manifest: null } => Html.Of($"<td class=\"number bad\" title=\"{platform.Failure}\">{(platform.Optional ? "left out" : "failed")}</td>"),
        _ => Html.Of($"<td class=\"number\"><span class=\"dot {Pieces.ClassOf(platform.Way)}{(platform.IsCached ? " cached" : "")}\" title=\"{BuildTable.Way(platform)}, verified: {BuildTable.Verdict(platform)}\"></span>{Units.Bytes(platform.CompressedBytes)}{Mark(platform)}</td>"),
    };

    private static Html Mark(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "error" or "does not start" => Html.Of($"<sup class=\"bad\">✕</sup>"),
        "warning" => Html.Of($"<sup class=\"odd\">!</sup>"),
        _ => Html.Empty,
    };

    private static Html Time(RecordedComponent image) => image.Platforms.All(platform => platform.IsCached) && !image.Platforms.IsEmpty
        ? Html.Of($"<span class=\"muted\">cached</span>") : Pieces.Seconds(image.Platforms.Select(platform => platform.Seconds).DefaultIfEmpty().Max());

    private static Html State(RecordedComponent image) => image switch
    {
        { Failure: not null } => Html.Of($"<span class=\"bad\">failed</span>"),
        { Index: null } => Html.Of($"<span class=\"muted\">not made</span>"),
        { Published: false } => Html.Of($"<span class=\"muted\">in the store</span>"),
        _ when image.Before?.Digest == image.Index.Digest => Html.Of($"published, as before"),
        _ => Html.Of($"published"),
    };
}
