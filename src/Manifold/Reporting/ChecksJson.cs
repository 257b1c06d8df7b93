using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Checks;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks for programs: one JSON object a line, a last one with the counts.</summary>
public static class ChecksJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Render(CheckReport report) => string.Concat(
    [
        .. report.Findings.Select(finding => Line(json => WriteMembers(json, finding, "finding"))),
        .. report.NotKnown.Select(unknown => Line(json =>
        {
            json.WriteString("event", "notChecked");
            json.WriteString("message", unknown);
        })),
        Line(json =>
        {
            json.WriteString("event", "checked");
            json.WriteNumber("errors", report.Errors);
            json.WriteNumber("warnings", report.Warnings);
        }),
    ]);

    /// <summary>A finding as an object of its own.</summary>
    internal static void Write(Utf8JsonWriter json, Diagnostic finding)
    {
        json.WriteStartObject();
        WriteMembers(json, finding, null);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, Diagnostic finding, string? name)
    {
        if (name is not null)
            json.WriteString("event", name);
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

    private static string Line(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }
}
