using Manifold.Building.Recording;
using Manifold.Planning.Advising;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>The warnings of a record, each with how to fix it, the most important first.</summary>
internal static class ReportWarnings
{
    private const long MuchWaste = 1_000_000;
    private const double LongEmulation = 20;
    private static readonly TimeSpan OldBase = TimeSpan.FromDays(180);

    public static IReadOnlyList<RecordedWarning> Of(BuildRecord record) =>
        [.. Findings(record), .. record.Warnings, .. Skew(record), .. Emulation(record), .. Waste(record), .. OldBases(record)];

    /// <summary>A finding that several platforms share is listed once.</summary>
    private static IEnumerable<RecordedWarning> Findings(BuildRecord record) =>
        from component in record.Components
        from finding in component.Platforms.SelectMany(
            platform => platform.Findings.Select(finding => (platform.Platform, Finding: finding)))
        where finding.Finding.Severity != "note"
        group finding by (component.Name, finding.Finding.Id,
            Message: finding.Finding.Message.Replace(finding.Platform.ToString(), "…", StringComparison.Ordinal)) into same
        let first = same.First().Finding
        orderby first.Severity
        select new RecordedWarning(same.Key.Name, $"{string.Join(", ", same.Select(each => each.Platform).Distinct())}: {first.Message} "
            + $"[{first.Id}]{(first.Cause is null ? "" : $". Probable cause: {first.Cause}")}")
        {
            Mend = first.Mend,
        };

    private static IEnumerable<RecordedWarning> Skew(BuildRecord record) =>
        from component in record.Components
        let packages = component.Parity?.Differences.Count(difference => difference.Topic == "package") ?? 0
        where packages > 0
        select new RecordedWarning(component.Name, $"{Amounts.Count(packages, "package")} {(packages == 1 ? "differs" : "differ")} between "
            + "platforms")
        {
            Mend = "Pin package versions, or name the base image by digest. The parity section lists the differences.",
        };

    private static IEnumerable<RecordedWarning> Emulation(BuildRecord record)
    {
        var emulated = record.Steps.Where(step => step is { Emulated: true, State: StepState.Done }).ToList();
        var seconds = emulated.Sum(step => step.Seconds);
        if (seconds < LongEmulation)
            yield break;
        var longest = emulated.MaxBy(step => step.Seconds)!;
        yield return new RecordedWarning(longest.Component, $"{Amounts.Duration(TimeSpan.FromSeconds(seconds))} of step time ran under an "
            + $"emulator. The longest step is {longest.Name} ({longest.Platform})")
        {
            Mend = record.Advice.Any(advice => advice.Kind == AdviceKind.CrossCompile)
                ? "Cross-compile. The advice below shows the lines to write."
                : "Cross-compile. Build in a stage FROM --platform=$BUILDPLATFORM for $TARGETARCH, and copy the result.",
        };
    }

    private static IEnumerable<RecordedWarning> Waste(BuildRecord record) =>
        from component in record.Components
        let worst = component.Platforms.MaxBy(platform => platform.WastedBytes ?? 0)
        where worst?.WastedBytes >= MuchWaste && worst.Waste.Length > 0
        select new RecordedWarning(component.Name, $"{Amounts.Bytes(worst.WastedBytes ?? 0)} of {worst.Platform} is wasted on files that a "
            + $"later layer replaces or deletes. The largest is {worst.Waste[0].Path}")
        {
            Mend = "Delete the file in the RUN that creates it, or create it in another stage and copy only what you need.",
        };

    private static IEnumerable<RecordedWarning> OldBases(BuildRecord record) =>
        from image in record.Bases
        where image.Created is { } created && record.Begin - created > OldBase
        group image by image.Reference into same
        select new RecordedWarning("", $"{same.Key} is {Amounts.Age(record.Begin - same.Min(image => image.Created!.Value))} old")
        {
            Mend = "Build with --pull, or use a newer tag. A base image gets security updates only when it is rebuilt.",
        };
}
