using System.Globalization;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting.Pages;

/// <summary>
/// The result of building twice as one HTML file:
/// each platform's digests, then the differences by the step that made them.
/// </summary>
internal static class ReproducibilityPage
{
    public static string Render(ReproducibilityReport report, string title, string tool) => PageFrame.Render(
        $"{title} · reproducibility report", ReproducibilityBody.Of(report, title), $"{tool} · bake --verify-reproducible");
}

/// <summary>The report from top to bottom.</summary>
internal sealed record ReproducibilityBody : Piece
{
    public required string OutcomeClass { get; init; }
    public required string Outcome { get; init; }
    public required string IsoTime { get; init; }
    public required string Time { get; init; }
    public required string Title { get; init; }
    public required int ImageCount { get; init; }
    public required int SameCount { get; init; }
    public required IReadOnlyList<ReproducedBuild> Builds { get; init; }
    public required IReadOnlyList<ReproducedRow> Images { get; init; }
    public required int StepCount { get; init; }
    public required Html Steps { get; init; }
    public required Html Configs { get; init; }

    public static ReproducibilityBody Of(ReproducibilityReport report, string title)
    {
        var begin = report.First.Began.UtcDateTime;
        var longest = Math.Max(report.First.Duration.TotalSeconds, report.Second.Duration.TotalSeconds);
        return new ReproducibilityBody
        {
            OutcomeClass = report.IsReproducible ? "succeeded" : "failed",
            Outcome = report.IsReproducible ? "Reproducible" : "Not reproducible",
            IsoTime = begin.ToString("O"),
            Time = begin.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture),
            Title = title,
            ImageCount = report.Images.Length,
            SameCount = report.Images.Count(image => image.IsSame),
            Builds = [Build("first", report.First, longest), Build("second", report.Second, longest)],
            Images = [.. report.Images.SelectMany(Rows)],
            StepCount = report.Steps.Length,
            Steps = DifferingSteps.Render(report),
            Configs = DifferingConfigs.Render(report),
        };
    }

    private static ReproducedBuild Build(string name, BuildConditions build, double longest) => new()
    {
        Name = name,
        Width = 100 * build.Duration.TotalSeconds / Math.Max(0.001, longest),
        Time = Pieces.Seconds(build.Duration.TotalSeconds),
        Started = build.Began.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        Folder = build.Folder,
        Parallelism = ReproducibilityText.Jobs(build),
        TimeZone = build.TimeZone,
    };

    private static IEnumerable<ReproducedRow> Rows(ReproducedImage image) => image.Platforms.Select((platform, i) => new ReproducedRow
    {
        Image = i == 0 ? image.Name : "",
        DifferingBases = i == 0 && !image.Below.IsEmpty ? string.Join(", ", image.Below) : null,
        Platform = platform.Platform.ToString(),
        First = Pieces.Digest(platform.First),
        Second = Pieces.Digest(platform.Second),
        IsSame = platform.IsSame,
    });
}

/// <summary>The conditions of one of the two builds, and how long it took.</summary>
internal sealed record ReproducedBuild
{
    public required string Name { get; init; }

    /// <summary>The time in percent of the longer build.</summary>
    public required double Width { get; init; }

    public required string Time { get; init; }
    public required string Started { get; init; }
    public required string Folder { get; init; }
    public required string Parallelism { get; init; }

    /// <summary>Null if the build did not change it.</summary>
    public required string? TimeZone { get; init; }
}

/// <summary>A platform of an image. Only the first row of an image names it.</summary>
internal sealed record ReproducedRow
{
    public required string Image { get; init; }
    public required string? DifferingBases { get; init; }
    public required string Platform { get; init; }
    public required Html First { get; init; }
    public required Html Second { get; init; }
    public required bool IsSame { get; init; }
}
