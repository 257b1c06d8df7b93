namespace Manifold.Verification.Starting;

/// <summary>A program that supervisord starts, as its configuration names it.</summary>
/// <param name="Section">With its brackets, for people: <c>[program:web]</c>.</param>
/// <param name="Command">As it stands there: words as in a shell, and <c>%(ENV_NAME)s</c> for variables.</param>
/// <param name="Folder">Where it starts.</param>
/// <param name="StartsItself">Whether supervisord starts it by itself, and not on request only.</param>
/// <remarks>Source: supervisor, "Configuration File".</remarks>
internal sealed record SupervisedProgram(string Section, string Command, string? Folder, bool StartsItself)
{
    private static readonly string[] Kinds = ["program:", "fcgi-program:", "eventlistener:"];

    public static IEnumerable<SupervisedProgram> Of(string config) =>
        from section in Sections(config)
        where Kinds.Any(kind => section.Name.StartsWith(kind, StringComparison.Ordinal)) && section.Keys.ContainsKey("command")
        select new SupervisedProgram($"[{section.Name}]", section.Keys["command"],
            section.Keys.GetValueOrDefault("directory") is ['/', ..] folder ? folder : null,
            section.Keys.GetValueOrDefault("autostart", "true").ToLowerInvariant() is "true" or "yes" or "on" or "1");

    /// <summary>The patterns of <c>[include]</c>.</summary>
    public static IEnumerable<string> Includes(string config) => Sections(config).Where(section => section.Name == "include")
        .SelectMany(section => section.Keys.GetValueOrDefault("files", "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static List<(string Name, Dictionary<string, string> Keys)> Sections(string config)
    {
        var sections = new List<(string Name, Dictionary<string, string> Keys)>();
        string? last = null;
        foreach (var line in config.Split('\n').Select(WithoutComment))
        {
            if (line.Trim() is ['[', .. var name, ']'])
            {
                sections.Add((name, new(StringComparer.Ordinal)));
                last = null;
            }
            else if (sections is [.., var (_, keys)])
            {
                if (line is [' ' or '\t', ..] && last is not null)
                    keys[last] += " " + line.Trim(); // a value goes on in lines that are indented
                else if (line.IndexOfAny(['=', ':']) is var at and > 0)
                    keys[last = line[..at].Trim().ToLowerInvariant()] = line[(at + 1)..].Trim();
            }
        }
        return sections;
    }

    private static string WithoutComment(string line)
    {
        line = line.TrimEnd();
        if (line is [';' or '#', ..])
            return "";
        var comment = line.IndexOf(" ;", StringComparison.Ordinal);
        return comment < 0 ? line : line[..comment].TrimEnd();
    }
}
