using System.Text;
using Manifold.Text;

namespace Manifold.Reporting.Comparing;

/// <summary>Comparisons as text: sizes first, then the differences.</summary>
internal static class ComparisonTable
{
    // Longer lists are for programs: --json has everything.
    private const int Lines = 40, CellWidth = 70;
    private const string Absent = "-";

    /// <param name="width">The columns of the terminal that it must fit; null for a pipe.</param>
    public static string Render(ImageComparison comparison, int? width = null)
    {
        if (comparison.IsSame)
            return $"{comparison.A} and {comparison.B} are the same image.\n";
        var text = new StringBuilder($"A  {comparison.A}\nB  {comparison.B}\n\n");
        text.Append(BuildTable.Columns([["PLATFORM", "A", "B", "SIZE A", "SIZE B", "CHANGE", "UNPACKED A", "UNPACKED B", "LAYERS"],
            .. comparison.Platforms.Select(Row)], width));
        foreach (var platform in comparison.Platforms.Where(platform => platform.Differences.Length > 0))
            foreach (var topic in platform.Differences.GroupBy(difference => difference.Topic))
                Append(text, $"{platform.Platform}: {Heading(topic.Key, topic.Count())}", [.. topic], width);
        return text.ToString();
    }

    /// <param name="width">The columns of the terminal that it must fit; null for a pipe.</param>
    public static string Render(BuildComparison comparison, int? width = null)
    {
        var text = new StringBuilder();
        text.Append("A  ").Append(comparison.A).Append("  ").Append(Seconds(comparison.SecondsA)).Append('\n');
        text.Append("B  ").Append(comparison.B).Append("  ").Append(Seconds(comparison.SecondsB)).Append("\n\n");
        text.Append(BuildTable.Columns([["IMAGE", "PLATFORM", "TIME A", "TIME B", "SIZE A", "SIZE B", "CHANGE", "DIGEST"],
            .. comparison.Platforms.Select(Row)], width));
        if (comparison.Steps.Length > 0)
        {
            text.Append('\n').Append(BuildTable.Columns([["STEP", "PLATFORM", "TIME A", "TIME B"],
                .. comparison.Steps.Take(Lines).Select(Row)], width));
        }
        foreach (var image in comparison.Images.Where(image => !image.IsSame))
            text.Append('\n').Append(Render(image, width));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string heading, List<ImageDifference> differences, int? width)
    {
        text.Append('\n').Append(heading).Append('\n');
        text.Append(BuildTable.Columns([.. differences.Take(Lines).Select(Row)], width, hasHeadings: false));
        if (differences.Count > Lines)
            text.Append("  … and ").Append(differences.Count - Lines).Append(" more (list them all with --json)\n");
    }

    private static string[] Row(PlatformComparison platform) =>
    [
        platform.Platform,
        platform.A?.Short ?? Absent,
        platform.B?.Short ?? Absent,
        Bytes(platform.CompressedA),
        Bytes(platform.CompressedB),
        platform.A == platform.B ? "identical" : Change(platform.CompressedA, platform.CompressedB),
        Bytes(platform.UnpackedA),
        Bytes(platform.UnpackedB),
        $"{platform.LayersA}, {platform.LayersB}, {platform.LayersShared} shared",
    ];

    private static string[] Row(PlatformTimes platform) =>
    [
        platform.Image.Length > 0 ? platform.Image : Absent,
        platform.Platform,
        Seconds(platform.SecondsA),
        Seconds(platform.SecondsB),
        Bytes(platform.CompressedA),
        Bytes(platform.CompressedB),
        Change(platform.CompressedA, platform.CompressedB),
        platform.A == platform.B ? "identical" : $"{platform.A?.Short ?? Absent} → {platform.B?.Short ?? Absent}",
    ];

    private static string[] Row(StepTimes step) =>
    [
        Short((step.Image.Length > 0 ? step.Image + " " : "") + step.Name), step.Platform, Seconds(step.SecondsA), Seconds(step.SecondsB),
    ];

    private static string[] Row(ImageDifference difference) => difference switch
    {
        { A: null } => ["  +", Short(difference.Name), Short(difference.B!)],
        { B: null } => ["  -", Short(difference.Name), Short(difference.A)],
        _ => ["  ~", Short(difference.Name), Short($"{difference.A}  →  {difference.B}")],
    };

    private static string Heading(string topic, int count) => topic switch
    {
        "config" => $"{Amounts.Count(count, "difference")} in the configuration",
        "environment" => Amounts.Count(count, "variable"),
        _ => Amounts.Count(count, topic),
    };

    private static string Change(long? a, long? b) => b - a is { } change ? Amounts.Change(change) : Absent;

    private static string Bytes(long? bytes) => bytes is { } some ? Amounts.Bytes(some) : Absent;

    private static string Seconds(double? seconds) => seconds is { } some ? Amounts.Duration(TimeSpan.FromSeconds(some)) : Absent;

    // Names come from images: a terminal obeys control characters.
    private static string Short(string cell) => Cells.Cut(ForeignText.Line(cell), CellWidth);
}
