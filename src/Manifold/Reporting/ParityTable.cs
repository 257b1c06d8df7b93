using System.Globalization;
using System.Text;
using Manifold.Text;
using Manifold.Verification.Parity;

namespace Manifold.Reporting;

/// <summary>A parity report as text: sizes, then what differs, then what is identical.</summary>
internal static class ParityTable
{
    // Longer lists are for programs: --json has everything.
    private const int Lines = 40, CellWidth = 60;
    private const string Absent = "-";

    private static readonly (ParityTopic Topic, string Heading)[] Topics =
    [
        (ParityTopic.Package, "packages"),
        (ParityTopic.File, "files"),
        (ParityTopic.Entrypoint, "entrypoint"),
        (ParityTopic.Command, "command"),
        (ParityTopic.Environment, "environment"),
        (ParityTopic.User, "user"),
        (ParityTopic.WorkingDirectory, "working directory"),
        (ParityTopic.Port, "ports"),
        (ParityTopic.Volume, "volumes"),
        (ParityTopic.StopSignal, "stop signal"),
        (ParityTopic.Healthcheck, "health check"),
        (ParityTopic.Label, "labels"),
        (ParityTopic.Annotation, "annotations"),
    ];

    /// <param name="width">The columns of the terminal that it must fit; null for a pipe.</param>
    public static string Render(ParityReport report, int? width = null)
    {
        if (report.Platforms.Length < 2)
            return "parity: nothing to compare, because the image has one platform\n";
        var rows = new List<string[]> { Row("PARITY", report.Platforms.Select(platform => platform.Platform)) };
        rows.Add(Row("layers", report.Platforms.Select(platform => Number(platform.Layers))));
        rows.Add(Row("size, compressed", report.Platforms.Select(platform => Amounts.Bytes(platform.CompressedBytes))));
        rows.Add(Row("size, unpacked", report.Platforms.Select(platform => Amounts.Bytes(platform.UncompressedBytes))));
        rows.Add(Row("packages", report.Platforms.Select(platform => Number(platform.Packages))));
        rows.Add(Row("files", report.Platforms.Select(platform => Number(platform.Files))));
        foreach (var (topic, heading) in Topics)
            rows.AddRange(RowsOf(heading, [.. report.Differences.Where(difference => difference.Topic == topic)], report.Platforms.Length));
        var text = new StringBuilder(BuildTable.Columns(rows, width));
        var same = Topics.Where(topic => report.Differences.All(difference => difference.Topic != topic.Topic))
            .Select(topic => topic.Heading).ToList();
        var notes = report.Unreadable.Select(trouble => $"not compared: {trouble}");
        if (same.Count > 0)
            notes = notes.Prepend($"identical on all platforms: {string.Join(", ", same)}");
        foreach (var line in notes.SelectMany(note => Wrapping.Lines(note, width ?? int.MaxValue, indent: 2)))
            text.Append(line).Append('\n');
        return text.ToString();
    }

    private static IEnumerable<string[]> RowsOf(string heading, IReadOnlyList<ParityDifference> differences, int platforms)
    {
        if (differences.Count == 0)
            yield break;
        yield return Row($"{heading} that differ", Enumerable.Repeat("", platforms));
        foreach (var difference in differences.Take(Lines))
            yield return Row("  " + (difference.Name.Length == 0 ? heading : difference.Name),
                difference.Values.Select(value => value ?? Absent));
        if (differences.Count > Lines)
            yield return Row($"  … and {differences.Count - Lines} more", Enumerable.Repeat("", platforms));
    }

    private static string[] Row(string name, IEnumerable<string> cells) => [name, .. cells.Select(Short)];

    // A label may hold line ends, and control characters that a terminal obeys.
    private static string Short(string cell) => Cells.Cut(ForeignText.Line(cell), CellWidth);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
