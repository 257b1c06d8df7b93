using System.Collections.Immutable;
using System.CommandLine;

namespace Manifold.Cli;

/// <summary>The headings under which help and manual pages list commands and options.</summary>
/// <remarks>An option is under the same heading in every command. A command or an option that is not in a table comes last.</remarks>
internal static class HelpGroups
{
    /// <summary>A command with fewer options lists them without headings.</summary>
    private const int EnoughToGroup = 13;

    private const string OtherCommands = "Other commands", Ungrouped = "Options", Last = "Advanced";

    private static readonly ImmutableArray<(string Title, string[] Names)> OfCommands =
    [
        ("Build", ["init", "build", "bake", "plan", "lock", "merge"]),
        ("Images", ["pull", "push", "copy", "ls", "inspect", "index"]),
        ("Checks and signatures", ["verify", "compare", "sign", "key"]),
        ("Reports", ["builds", "report"]),
        ("Local store", ["images", "tag", "rm", "du", "prune", "serve"]),
        ("Setup", ["login", "logout", "doctor", "emulators", "nodes", "completion", "version", "help"]),
    ];

    internal static readonly ImmutableArray<(string Title, string[] Names)> OfOptions =
    [
        ("Build",
        [
            "--file", "--target", "--build-arg", "--build-context", "--set", "--var", "--created", "--pull",
            "--check", "--call", "--plan", "--print", "--jobs", "--keep-going",
        ]),
        ("Platforms",
        [
            "--platform", "--on", "--index", "--verify", "--verify-allow", "--all", "--strict", "--parity", "--replace",
            "--os", "--arch", "--variant", "--os-version", "--os-features",
        ]),
        ("Output",
        [
            "--tag", "--label", "--annotation", "--output", "--load", "--compression", "--format", "--json", "--files",
            "--limit", "--filter", "--verbose", "--report", "--metadata-file", "--iidfile", "--progress", "--quiet", "--dry-run",
        ]),
        ("Cache", ["--no-cache", "--no-cache-filter", "--cache-from", "--cache-to"]),
        ("Publish",
        [
            "--push", "--platform-tags", "--all-tags", "--append", "--force", "--allow-platform-removal", "--check-all", "--shard",
            "--no-referrers",
        ]),
        ("Supply chain",
        [
            "--sbom", "--provenance", "--attest", "--sign", "--key", "--signed-as", "--locked", "--verify-reproducible",
            "--no-attestations",
        ]),
        ("Run",
        [
            "--secret", "--ssh", "--network", "--add-host", "--allow", "--shm-size", "--ulimit", "--cgroup-parent",
            "--run", "--timeout", "--require-run",
        ]),
        (Last,
        [
            "--listen", "--read-only", "--allow-delete", "--htpasswd", "--tls-cert", "--tls-key", "--allow-host", "--log",
            "--username", "--password-stdin", "--output-key-prefix", "--update", "--last", "--raw", "--config", "--keep-storage",
            "--authfile", "--pull-authfile", "--push-authfile", "--cert-dir", "--insecure-registry", "--debug", "--help", "--version",
        ]),
    ];

    /// <summary>The commands below a command that people see, under their headings.</summary>
    public static IEnumerable<(string Title, ImmutableArray<Command> Commands)> Commands(Command command)
    {
        var visible = command.Subcommands.Where(each => !each.Hidden).ToImmutableArray();
        return command is not RootCommand ? [("Commands", visible)] : Grouped(visible, OfCommands, OtherCommands);
    }

    /// <summary>The options of a command, under their headings.</summary>
    public static IEnumerable<(string Title, ImmutableArray<Option> Options)> Options(Command command)
    {
        var all = CommandTree.OptionsOf(command).ToImmutableArray();
        return all.Length < EnoughToGroup
            ? Grouped(all, [(Ungrouped, [.. OfOptions.SelectMany(group => group.Names)])], Ungrouped)
            : Grouped(all, OfOptions, Last);
    }

    /// <summary>In the order of the table. What the table does not have is in the last group, before its own.</summary>
    private static IEnumerable<(string Title, ImmutableArray<T> Members)> Grouped<T>(
        ImmutableArray<T> all, ImmutableArray<(string Title, string[] Names)> table, string last)
        where T : Symbol
    {
        var known = table.SelectMany(group => group.Names).ToHashSet(StringComparer.Ordinal);
        var others = all.Where(each => !known.Contains(each.Name)).ToImmutableArray();
        var titled = table.Any(group => group.Title == last) ? table : table.Add((last, []));
        foreach (var (title, names) in titled)
        {
            ImmutableArray<T> members =
            [
                .. title == last ? others : [],
                .. all.Where(each => names.Contains(each.Name)).OrderBy(each => Array.IndexOf(names, each.Name)),
            ];
            if (!members.IsEmpty)
                yield return (title, members);
        }
    }
}
