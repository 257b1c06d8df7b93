using System.Text;
using Manifold.Building.Recording;
using Manifold.Publishing;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>The end of a build in words: a line per platform, the index, and where it is now.</summary>
internal static class BuildTable
{
    /// <summary>One image.</summary>
    /// <param name="width">The columns of the terminal that it must fit; null for a pipe.</param>
    public static string Render(BuildRecord record, RecordedComponent image, Publication? published, int? width = null)
    {
        var text = new StringBuilder(Columns(
            [[.. Headings(record, width)], .. image.Platforms.Select(platform => Row(record, image, platform, width))], width));
        var noun = image.Index is { } top && Oci.MediaType.IsManifest(top.MediaType) ? "image" : "index";
        text.Append('\n').Append(TableFit.Line($"{noun}  {image.Index?.Digest}", width)).Append('\n');
        foreach (var tag in published is null ? image.Tags.Select(tag => $"named  {tag}") : published.Tags.Select(tag => $"pushed {tag}"))
            text.Append(tag).Append('\n');
        if (image.Tags.IsEmpty)
            text.Append("The image has no name. Add one with -t, so that 'manifold prune' keeps the image.\n");
        return text.ToString();
    }

    /// <summary>All images of a project: a line per platform under each image's name, and what failed.</summary>
    public static string Render(BuildRecord record, int? width = null) =>
        Columns([["IMAGE", .. Headings(record, width)], .. record.Components.SelectMany(image => Rows(record, image, width))], width);

    private static string[] Headings(BuildRecord record, int? width) =>
        [.. NodeTable.Headings(record, width), "DIGEST", "SIZE", "TIME", "CACHED", "HOW", "VERIFIED"];

    private static IEnumerable<string[]> Rows(BuildRecord record, RecordedComponent image, int? width) => image.Platforms.IsEmpty
        ? [[image.ShortName, .. NodeTable.Cells(record, null, width), image.Failure is null ? "-" : "failed", "-", "-", "-", "-", "-"]]
        : image.Platforms.Select((platform, i) => (string[])[i == 0 ? image.ShortName : "", .. Row(record, image, platform, width)]);

    private static string[] Row(BuildRecord record, RecordedComponent image, RecordedPlatform platform, int? width) =>
    [
        .. NodeTable.Cells(record, platform, width),
        platform.Manifest?.ToString() ?? Missing(record, image, platform),
        platform.Manifest is null ? "-" : Amounts.Bytes(platform.CompressedBytes),
        platform.IsCached ? "-" : Amounts.Duration(TimeSpan.FromSeconds(platform.Seconds)),
        platform.Steps == 0 ? "-" : $"{platform.CachedSteps} of {platform.Steps}",
        Way(platform),
        Verdict(platform),
    ];

    /// <summary>Why there is no image: the platform failed, was skipped, or something else stopped its build.</summary>
    private static string Missing(BuildRecord record, RecordedComponent image, RecordedPlatform platform) => platform switch
    {
        _ when !record.HasFailed(image, platform) => "not built",
        { Optional: true } => "skipped",
        _ => "failed",
    };

    /// <summary>How a platform's image came to be, for people.</summary>
    public static string Way(RecordedPlatform platform) => platform switch
    {
        { Way: BuildWay.Emulated, EmulatedSeconds: > 0 and var seconds } => $"emulated {Amounts.Duration(TimeSpan.FromSeconds(seconds))}",
        { Way: BuildWay.Copy } => "no RUN",
        _ => platform.Way.ToString().ToLowerInvariant(),
    };

    /// <summary>What the gate, and a start, said of a platform.</summary>
    public static string Verdict(RecordedPlatform platform) => platform switch
    {
        { Manifest: null } => "-",
        { Run: { ExitCode: not 0 } } => "does not start",
        { Verified: false } => "no",
        _ when platform.Findings.Any(finding => finding.Severity == "error") => "error",
        _ when platform.Findings.Any(finding => finding.Severity == "warning") => "warning",
        { Run: not null } => "yes, started",
        _ => "yes",
    };

    /// <summary>Rows as columns of even width, two blanks apart. A row is one line, whatever its cells hold.</summary>
    /// <param name="width">The columns of the terminal that they must fit; null for a pipe.</param>
    /// <param name="hasHeadings">Whether the first row has the headings.</param>
    public static string Columns(IReadOnlyList<string[]> rows, int? width = null, bool hasHeadings = true)
    {
        var text = new StringBuilder();
        foreach (var line in TableFit.Lines(rows.Select(row => row.Select(ForeignText.Line).ToArray()), width, hasHeadings))
            text.Append(line.TrimEnd()).Append('\n');
        return text.ToString();
    }
}
