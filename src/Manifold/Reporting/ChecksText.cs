using System.Text;
using Manifold.Building.Checking;
using Manifold.Dockerfile;

namespace Manifold.Reporting;

/// <summary>The findings of the build checks as text: each with its line, how to fix it, and its page. The counts come last.</summary>
internal static class ChecksText
{
    /// <summary>A block for each component under its name and Dockerfile; an image without a name needs no heading.</summary>
    public static string Render(ProjectChecks checks)
    {
        var text = new StringBuilder();
        foreach (var component in checks.Components)
        {
            if (component.Component is { } name)
                AppendHeading(text, name, component);
            Append(text, component.Report);
        }
        text.Append(checks.Components is [{ Component: null }] ? "" : "\n");
        return text.Append(Count(checks.Errors, checks.Warnings)).Append('\n').ToString();
    }

    private static void AppendHeading(StringBuilder text, string name, ComponentChecks component)
    {
        var (_, files, report, toldBefore) = component;
        var said = files.IsEmpty ? "has no Dockerfile, nothing to check" : (report.Findings, toldBefore) switch
        {
            ([], > 0) => "no findings other than those listed above for the same file",
            _ => Count(report.Errors, report.Warnings),
        };
        text.Append(name).Append(files.IsEmpty ? "" : $" ({string.Join(", ", files)})").Append(": ").Append(said).Append('\n');
        text.Append(report.Findings.IsEmpty ? "" : "\n");
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

    private static string Count(int errors, int warnings) => (errors, warnings) is (0, 0) ? "no findings"
        : string.Join(", ", new[] { Of(errors, "error"), Of(warnings, "warning") }.Where(part => part[0] != '0'));

    private static string Of(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
