using System.Text.Json.Serialization.Metadata;
using Manifold.Building.Checking;
using Manifold.Planning.Advising;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks for programs: one JSON object a line, a last one with the counts.</summary>
internal static class ChecksJson
{
    public static string Render(ProjectChecks checks, IEnumerable<BuildAdvice> advice) =>
        string.Concat(checks.Components.Select(component => Lines(component.Report, component.Component))) + Lines(advice)
            + Line(new CountRecord("checked", checks.Errors, checks.Warnings), ReportingJson.Default.CountRecord);

    private static string Lines(CheckReport report, string? component) => string.Concat(
    [
        .. report.Findings.Select(finding => Line(
            FindingRecord.Of(finding) with { Event = "finding", Component = component }, ReportingJson.Default.FindingRecord)),
        .. report.NotKnown.Select(unknown => Line(
            new UncheckedRecord("notChecked", component, unknown), ReportingJson.Default.UncheckedRecord)),
    ]);

    private static string Lines(IEnumerable<BuildAdvice> all) => string.Concat(all.Select(advice =>
        Line(AdviceRecord.Of(advice) with { Event = "advice" }, ReportingJson.Default.AdviceRecord)));

    private static string Line<T>(T value, JsonTypeInfo<T> type) => ReportingJson.Line(value, type) + "\n";
}
