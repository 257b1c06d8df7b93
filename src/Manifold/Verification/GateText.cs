using System.Globalization;
using System.Text;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>Findings as text for people. Equal findings of several platforms are told once.</summary>
internal static class GateText
{
    public static string Render(IEnumerable<Finding> findings)
    {
        var text = new StringBuilder();
        foreach (var group in findings.GroupBy(Content))
        {
            if (text.Length > 0)
                text.Append('\n');
            Append(text, group.First(), string.Join(", ", group.Select(finding => finding.Platform).OfType<Oci.Platform>().Distinct()));
        }
        return text.ToString();
    }

    /// <summary>One finding in one line, e.g. for a warning between others.</summary>
    public static string Line(Finding finding)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{finding.Platform}: {finding.Message}{More(finding)} [{finding.Id}]");
        if (finding.Layer is { Line: { } place })
            line.Append(CultureInfo.InvariantCulture, $" ({place})");
        return finding.Cause is { } cause
            ? line.Append(CultureInfo.InvariantCulture, $". Likely cause: {cause.Text}.").ToString()
            : line.ToString();
    }

    private static void Append(StringBuilder text, Finding finding, string platforms)
    {
        var severity = finding.Severity switch { FindingSeverity.Error => "error", FindingSeverity.Warning => "warning", _ => "note" };
        text.Append(CultureInfo.InvariantCulture, $"{severity}: {platforms}: {finding.Message}{More(finding)} [{finding.Id}]");
        if (finding.Layer is { } layer)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  layer   {layer.Number} of {layer.Count} ({layer.Digest.Short})");
            if (layer.Instruction is { } instruction)
                text.Append(CultureInfo.InvariantCulture, $", made by {(layer.Line is null ? "" : layer.Line + ": ")}{Short(instruction)}");
        }
        if (finding.Way.Length > 1)
            text.Append(CultureInfo.InvariantCulture, $"\n  start   {string.Join(" > ", finding.Way)}");
        if (finding is { Found: { } found, Wanted: { } wanted })
            text.Append(CultureInfo.InvariantCulture, $"\n  found   {found}, expected {wanted}");
        if (finding.Cause is { } cause)
            text.Append(CultureInfo.InvariantCulture, $"\n  cause   probably: {cause.Text}\n  fix     {cause.Advice}");
    }

    private static string More(Finding finding) => finding.Others == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
        $" (and {finding.Others} more files in this layer)");

    // The layer's digest differs between platforms where the message is the same.
    private static string Content(Finding finding) =>
        $"{finding.Id} {finding.Message.Replace(finding.Platform?.ToString() ?? "", "", StringComparison.Ordinal)}"
            + $" {finding.Layer?.Line} {finding.Cause?.Text.Replace(finding.Platform?.ToString() ?? "", "", StringComparison.Ordinal)}"
            + $" {finding.Found} {finding.Severity}";

    private static string Short(string text) => text.Length > 100 ? text[..99] + "…" : text;
}
