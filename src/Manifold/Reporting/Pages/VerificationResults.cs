using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The results of the verification: findings, and what came of starting the image.</summary>
internal sealed record VerificationResults : Piece
{
    public required string? Note { get; init; }

    /// <summary>Whether any platform was verified.</summary>
    public required bool IsOn { get; init; }

    public required IReadOnlyList<FindingRow> Findings { get; init; }
    public required IReadOnlyList<RunRow> Runs { get; init; }
    public bool HasFindings => Findings.Count > 0;
    public bool HasRuns => Runs.Count > 0;

    public static Html Render(RecordedComponent image)
    {
        var verified = image.Platforms.Count(platform => platform.Verified);
        if (verified == 0 && image.Index is null)
            return default;
        var findings = image.Platforms.SelectMany(platform => platform.Findings.Select(finding => Finding(platform, finding))).ToList();
        return Html.Of(new VerificationResults
        {
            Note = verified == 0 ? "Verification was off (--verify off)."
                : findings.Count > 0 ? null
                : $"Checked the entrypoint, loader, and libraries of {Amounts.Count(verified, "platform")}. No problems found.",
            IsOn = verified > 0,
            Findings = findings,
            Runs = [.. image.Platforms.Where(platform => platform.Run is not null).Select(platform => Run(platform, platform.Run!))],
        });
    }

    private static FindingRow Finding(RecordedPlatform platform, RecordedFinding finding) => new()
    {
        Platform = platform.Platform.ToString(),
        Class = finding.Severity switch { "error" => "bad", "warning" => "odd", _ => "muted" },
        Severity = finding.Severity,
        Message = finding.Message,
        Id = finding.Id,
        Place = finding.Place,
        Cause = finding.Cause,
        Fix = finding.Mend,
    };

    private static RunRow Run(RecordedPlatform platform, RecordedRun run) => new()
    {
        Platform = platform.Platform.ToString(),
        Command = run.Command,
        IsEmulated = run.Emulated,
        Class = run.ExitCode == 0 ? "good" : "bad",
        ExitCode = run.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "timed out",
        Time = Pieces.Seconds(run.Seconds),
        Output = string.Join('\n', run.Lines),
    };
}

internal sealed record FindingRow
{
    public required string Platform { get; init; }
    public required string Class { get; init; }
    public required string Severity { get; init; }
    public required string Message { get; init; }
    public required string Id { get; init; }
    public required string? Place { get; init; }
    public required string? Cause { get; init; }
    public required string? Fix { get; init; }
}

internal sealed record RunRow
{
    public required string Platform { get; init; }
    public required string Command { get; init; }
    public required bool IsEmulated { get; init; }
    public required string Class { get; init; }
    public required string ExitCode { get; init; }
    public required string Time { get; init; }
    public required string Output { get; init; }
}
