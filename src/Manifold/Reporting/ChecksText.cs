using System.Text;
using Manifold.Dockerfile.Checks;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks for people: each with its line, what would be right, and where its page is; the count at the end.</summary>
public static class ChecksText
{
    public static string Render(CheckReport report)
    {
        var text = new StringBuilder();
        foreach (var finding in report.Findings)
        {
            text.Append(finding.Render()).Append('\n');
            if (Rules.Find(finding.Id) is { } rule)
                text.Append("  see:  ").Append(rule.Page).Append('\n');
            text.Append('\n');
        }
        foreach (var unknown in report.NotKnown)
            text.Append("not checked: ").Append(unknown).Append('\n');
        return text.Append(Count(report)).Append('\n').ToString();
    }

    private static string Count(CheckReport report) => report.Findings.IsEmpty ? "no findings"
        : string.Join(", ", new[] { Of(report.Errors, "error"), Of(report.Warnings, "warning") }.Where(part => part[0] != '0'));

    private static string Of(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
