using System.Text;
using Manifold.Building.Checking;
using Manifold.Dockerfile;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks as text: each with its line, how to fix it, and its page. The counts come last.</summary>
internal static class ChecksText
{
    public static string Render(CheckReport report)
    {
        var text = new StringBuilder();
        Append(text, report);
        return text.Append(Count(report)).Append('\n').ToString();
    }

    /// <summary>A block for each component under its name and Dockerfile. The total counts come last.</summary>
    public static string Render(ProjectChecks checks)
    {
        var text = new StringBuilder();
        foreach (var (component, files, report, toldBefore) in checks.Components)
        {
            var said = files.IsEmpty ? "has no Dockerfile, nothing to check" : (report.Findings, toldBefore) switch
            {
                ([], 0) => "no findings",
                ([], _) => "no findings other than those listed above for the same file",
                _ => Count(report),
            };
            text.Append(component).Append(files.IsEmpty ? "" : $" ({string.Join(", ", files)})").Append(": ").Append(said).Append('\n');
            Append(text.Append(report.Findings.IsEmpty ? "" : "\n"), report);
        }
        return text.Append('\n')
            .Append(Count(new CheckReport([.. checks.Components.SelectMany(component => component.Report.Findings)], []))).Append('\n')
            .ToString();
    }

    private static void Append(StringBuilder text, CheckReport report)
    {
        foreach (var finding in report.Findings)
        {
            text.Append(finding.Render()).Append('\n');
            if (Rules.Find(finding.Id) is { } rule)
                text.Append("  see:  ").Append(rule.Page).Append('\n');
            text.Append('\n');
        }
        foreach (var unknown in report.NotKnown)
            text.Append("not checked: ").Append(unknown).Append('\n');
    }

    private static string Count(CheckReport report) => report.Findings.IsEmpty ? "no findings"
        : string.Join(", ", new[] { Of(report.Errors, "error"), Of(report.Warnings, "warning") }.Where(part => part[0] != '0'));

    private static string Of(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
