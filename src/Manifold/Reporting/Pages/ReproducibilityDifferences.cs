using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting.Pages;

/// <summary>The files that differ, by the step that made them.</summary>
internal sealed record DifferingSteps(IReadOnlyList<DifferingStep> Steps) : Piece
{
    public static Html Render(ReproducibilityReport report) =>
        report.Steps.IsEmpty ? default : Html.Of(new DifferingSteps([.. report.Steps.Select(Step)]));

    private static DifferingStep Step(StepDifference step) => new()
    {
        Image = step.Image,
        Platforms = string.Join(", ", step.Platforms),
        Name = step.Name,
        Place = step.Place,
        HasDifferingBase = step.StandsOnDifferences,
        Files = step.Files is { } files ? new DifferingFiles([.. files.Select(File)]) : null,
        More = step.More,
    };

    private static DifferingFile File(FileDifference file) => new()
    {
        Path = file.Path,
        Hook = file.Hook,
        Difference = ReproducibilityText.What(file),
        First = Side(file, file.Content?.First, attribute => attribute.First),
        Second = Side(file, file.Content?.Second, attribute => attribute.Second),
        Cause = file.Cause.Text,
        Fix = file.Cause.Mend,
    };

    private static FileSide Side(FileDifference file, string? content, Func<AttributeDifference, string> value) =>
        new(content, [.. file.Attributes.Select(attribute => new Pair(attribute.Name, value(attribute)))]);
}

/// <summary>A step whose layer differs.</summary>
internal sealed record DifferingStep
{
    public required string Image { get; init; }
    public required string Platforms { get; init; }
    public required string Name { get; init; }
    public required string Place { get; init; }
    public required bool HasDifferingBase { get; init; }

    /// <summary>Null if the store no longer has the files.</summary>
    public required DifferingFiles? Files { get; init; }

    public bool HasMore => More > 0;
    public required int More { get; init; }
}

internal sealed record DifferingFiles(IReadOnlyList<DifferingFile> Rows);

internal sealed record DifferingFile
{
    public required string Path { get; init; }
    public required string? Hook { get; init; }
    public required string Difference { get; init; }
    public required FileSide First { get; init; }
    public required FileSide Second { get; init; }
    public required string Cause { get; init; }
    public required string Fix { get; init; }
}

/// <summary>The parts of a file that differ, in one of the two builds.</summary>
internal sealed record FileSide(string? Content, IReadOnlyList<Pair> Attributes);

/// <summary>The values that differ in configurations, manifests, and indexes, but in no layer.</summary>
internal sealed record DifferingConfigs(IReadOnlyList<DifferingConfig> Configs) : Piece
{
    public static Html Render(ReproducibilityReport report) =>
        report.Configs.IsEmpty ? default : Html.Of(new DifferingConfigs([.. report.Configs.Select(Config)]));

    private static DifferingConfig Config(ConfigDifference config) => new()
    {
        Image = config.Image,
        Platform = config.Platform?.ToString(),
        Path = config.Path,
        First = config.First ?? "(missing)",
        Second = config.Second ?? "(missing)",
        Cause = config.Cause.Text,
        Fix = config.Cause.Mend,
    };
}

internal sealed record DifferingConfig
{
    public required string Image { get; init; }
    public required string? Platform { get; init; }
    public required string Path { get; init; }
    public required string First { get; init; }
    public required string Second { get; init; }
    public required string Cause { get; init; }
    public required string Fix { get; init; }
}
