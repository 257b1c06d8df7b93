using System.Globalization;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>The folds that a CI's log viewer knows.</summary>
internal abstract class LogGroups
{
    private LogGroups()
    {
    }

    /// <summary>The one that the environment is known to show; null where there is none.</summary>
    public static LogGroups? Of(Func<string, string?> variable) => (variable("GITHUB_ACTIONS"), variable("GITLAB_CI")) switch
    {
        ("true", _) => new GitHub(),
        (_, "true") => new GitLab(),
        _ => null,
    };

    /// <summary>Writes lines under a heading, folded.</summary>
    public abstract void Write(
        TextWriter output, string heading, IReadOnlyCollection<string> lines, (DateTimeOffset Begin, DateTimeOffset End) time);

    /// <remarks>Source: GitHub Docs, "Workflow commands", <c>group</c>. Groups do not nest, so each is written whole.</remarks>
    private sealed class GitHub : LogGroups
    {
        public override void Write(
            TextWriter output, string heading, IReadOnlyCollection<string> lines, (DateTimeOffset Begin, DateTimeOffset End) time)
        {
            var own = ForeignTextWriter.Own(output);
            // percent signs escape in a command's data
            own.WriteLine($"::group::{ForeignText.Line(heading).Replace("%", "%25", StringComparison.Ordinal)}");
            foreach (var line in lines)
                output.WriteLine(line);
            own.WriteLine("::endgroup::");
        }
    }

    /// <remarks>Source: GitLab Docs, "Custom collapsible sections". GitLab shows how long a section took.</remarks>
    private sealed class GitLab : LogGroups
    {
        private int number;

        public override void Write(
            TextWriter output, string heading, IReadOnlyCollection<string> lines, (DateTimeOffset Begin, DateTimeOffset End) time)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"manifold_{++number}");
            var own = ForeignTextWriter.Own(output);
            own.WriteLine($"\e[0Ksection_start:{Unix(time.Begin)}:{name}[collapsed=true]\r\e[0K{ForeignText.Line(heading)}");
            foreach (var line in lines)
                output.WriteLine(line);
            own.WriteLine($"\e[0Ksection_end:{Unix(time.End)}:{name}\r\e[0K");
        }

        private static string Unix(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    }
}
