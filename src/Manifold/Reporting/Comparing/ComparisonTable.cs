using System.Text;
using Manifold.Text;

namespace Manifold.Reporting.Comparing;

/// <summary>Comparisons as text: sizes first, then the differences.</summary>
public static class ComparisonTable
{
    // Longer lists are for programs: --json has everything.
    private const int Lines = 40, CellCharacters = 70;
    private const string Absent = "-";

    public static string Render(ImageComparison comparison)
    {
        if (comparison.IsSame)
            return $"{comparison.A} and {comparison.B} are the same image.\n";
        var text = new StringBuilder($"A  {comparison.A}\nB  {comparison.B}\n\n");
        text.Append(BuildTable.Columns([["PLATFORM", "A", "B", "SIZE A", "SIZE B", "CHANGE", "UNPACKED A", "UNPACKED B", "LAYERS"], .. comparison.Platforms.Select(Row)]));
        foreach (var platform in comparison.Platforms.Where(platform => platform.Differences.Length > 0))
            foreach (var topic in platform.Differences.GroupBy(difference => difference.Topic))
                Append(text, $"{platform.Platform}: {Heading(topic.Key, topic.Count())}", [.. topic]);
        return text.ToString();
    }

    public static string Render(BuildComparison comparison)
    {
        var text = new StringBuilder($"A  {comparison.A}  {Seconds(comparison.SecondsA)}\nB  {comparison.B}  {Seconds(comparison.SecondsB)}\n\n");
        text.Append(BuildTable.Columns([["IMAGE", "PLATFORM", "TIME A", "TIME B", "SIZE A", "SIZE B", "CHANGE", "DIGEST"], .. comparison.Platforms.Select(platform => new[]
        {
            platform.Image.Length > 0 ? platform.Image : "-", platform.Platform, Seconds(platform.SecondsA), Seconds(platform.SecondsB), Bytes(platform.CompressedA), Bytes(platform.CompressedB),
            platform.CompressedB - platform.CompressedA is { } change ? Units.Change(change) : "-", platform.A == platform.B
                ? "identical" : $"{platform.A?.Short ?? "-"} → {platform.B?.Short ?? "-"}",
        })]));
        if (comparison.Steps.Length > 0)
            text.Append('\n').Append(BuildTable.Columns([["STEP", "PLATFORM", "TIME A", "TIME B"], .. comparison.Steps.Take(Lines).Select(step => new[]
            {
                Short((step.Image.Length > 0 ? step.Image + " " : "") + step.Name), step.Platform, Seconds(step.SecondsA), Seconds(step.SecondsB),
            })]));
        foreach (var image in comparison.Images.Where(image => !image.IsSame))
            text.Append('\n').Append(Render(image));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string heading, List<ImageDifference> differences)
    {
        text.Append('\n').Append(heading).Append('\n');
        text.Append(BuildTable.Columns([.. differences.Take(Lines).Select(difference => new[]
        {
            "  " + (difference.A is null ? "+" : difference.B is null ? "-" : "~"), Short(difference.Name), Short(difference.A is null || difference.B is null ? difference.A ?? difference.B! : $"{difference.A}  →  {difference.B}"),
        })]));
        if (differences.Count > Lines)
            text.Append("  … and ").Append(differences.Count - Lines).Append(" more (list them all with --json)\n");
    }

    private static string[] Row(PlatformComparison platform) =>
    [
        platform.Platform, platform.A?.Short ?? Absent, platform.B?.Short ?? Absent, Bytes(platform.CompressedA), Bytes(platform.CompressedB),
        platform.A == platform.B ? "identical" : platform.CompressedB - platform.CompressedA is { } change ? Units.Change(change)
            : Absent, Bytes(platform.UnpackedA), Bytes(platform.UnpackedB),
        $"{platform.LayersA}, {platform.LayersB}, {platform.LayersShared} shared",
    ];

    private static string Heading(string topic, int count) => topic switch
    {
        "config" => $"{Units.Count(count, "difference")} in the configuration",
        "environment" => Units.Count(count, "variable"),
        _ => Units.Count(count, topic),
    };

    private static string Bytes(long? bytes) => bytes is { } some ? Units.Bytes(some) : Absent;

    private static string Seconds(double? seconds) => seconds is { } some ? Units.Duration(TimeSpan.FromSeconds(some)) : Absent;

    // Names come from images: a terminal obeys control characters.
    private static string Short(string cell)
    {
        var plain = ForeignText.Line(cell);
        return plain.Length <= CellCharacters ? plain : plain[..(CellCharacters - 1)] + "…";
    }
}
