using System.Text;
using System.Text.Json;
using Manifold.Planning.Advising;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>Advice as text for a terminal, and as JSON.</summary>
internal static class AdviceText
{
    /// <summary>Empty if there is no advice; else an empty line, each advice with the lines to write, and the page.</summary>
    public static string Render(IReadOnlyCollection<BuildAdvice> all)
    {
        if (all.Count == 0)
            return "";
        var text = new StringBuilder();
        foreach (var advice in all)
        {
            text.Append("\nadvice: ").Append(advice.Component.Length > 0 ? ForeignText.Line(advice.Component) + ": " : "");
            text.Append(ForeignText.Line(advice.Message)).Append('\n');
            foreach (var line in advice.Lines)
                text.Append("  ").Append(ForeignText.Line(line)).Append('\n');
            text.Append("  see:  ").Append(advice.Page).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Writes the member <c>advice</c>, a list.</summary>
    public static void Write(Utf8JsonWriter json, IEnumerable<BuildAdvice> all)
    {
        json.WritePropertyName("advice");
        JsonSerializer.Serialize(json, all.Select(AdviceRecord.Of), ReportingJson.Default.IEnumerableAdviceRecord);
    }
}
