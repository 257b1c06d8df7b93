using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Building.Checking;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Checks;
using Manifold.Planning.Advising;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks for programs: one JSON object a line, a last one with the counts.</summary>
public static class ChecksJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Render(CheckReport report, IEnumerable<BuildAdvice> advice) =>
        Lines(report, null) + Lines(advice) + Count(report.Errors, report.Warnings);

    /// <summary>The same with the component in each line.</summary>
    public static string Render(ProjectChecks checks, IEnumerable<BuildAdvice> advice) =>
        string.Concat(checks.Components.Select(component => Lines(component.Report, component.Component))) + Lines(advice)
            + Count(checks.Errors, checks.Warnings);

    private static string Lines(CheckReport report, string? component) => string.Concat(
    [
        .. report.Findings.Select(finding => Line("finding", component, json => WriteMembers(json, finding))),
        .. report.NotKnown.Select(unknown => Line("notChecked", component, json => json.WriteString("message", unknown))),
    ]);

    private static string Lines(IEnumerable<BuildAdvice> all) =>
        string.Concat(all.Select(advice => Line("advice", null, json => AdviceText.WriteMembers(json, advice))));

    private static string Count(int errors, int warnings) => Line("checked", null, json =>
    {
        json.WriteNumber("errors", errors);
        json.WriteNumber("warnings", warnings);
    });

    /// <summary>A finding as an object of its own.</summary>
    internal static void Write(Utf8JsonWriter json, Diagnostic finding)
    {
        json.WriteStartObject();
        WriteMembers(json, finding);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, Diagnostic finding)
    {
        json.WriteString("rule", finding.Id);
        json.WriteString("severity", finding.Severity == Severity.Error ? "error" : "warning");
        json.WriteString("file", finding.Place.File);
        json.WriteNumber("line", finding.Place.Line);
        json.WriteNumber("column", finding.Place.Column);
        json.WriteNumber("length", finding.Place.Length);
        json.WriteString("message", finding.Message);
        if (finding.Hint is { } hint)
            json.WriteString("hint", hint);
        json.WriteString("excerpt", finding.Excerpt);
        if (Rules.Find(finding.Id) is { } rule)
            json.WriteString("page", rule.Page);
    }

    private static string Line(string name, string? component, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            if (component is not null)
                json.WriteString("component", component);
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }
}
