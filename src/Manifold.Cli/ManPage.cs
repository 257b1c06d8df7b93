using System.Collections.Immutable;
using System.CommandLine;

namespace Manifold.Cli;

/// <summary>The manual page of one command, in the language of man(7).</summary>
internal sealed record ManPage(string FileName, string Text)
{
    /// <summary>One page for each visible command. The program's page is the first.</summary>
    public static IEnumerable<ManPage> All(RootCommand root, string version, DateOnly date) =>
        Visible(root).Prepend(root).Select(command => Of(command, version, date));

    private static ManPage Of(Command command, string version, DateOnly date)
    {
        var page = new Roff();
        page.Title(PageName(command), date, version);
        page.Section("NAME");
        // Index programs (apropos, whatis) read this: no full stop.
        page.Paragraphs($"{PageName(command)} - {HelpTexts.Summary(command)}");
        page.Section("SYNOPSIS");
        Synopsis(page, command);
        page.Section("DESCRIPTION");
        page.Paragraphs(command is RootCommand ? [command.Description ?? "", ManTexts.Introduction] : [command.Description ?? ""]);
        Entries(page, "ARGUMENTS", HelpTexts.Arguments(command)
            .Select(each => (Roff.Italic(HelpTexts.LabelOf(each)), each.Description ?? "")));
        Groups(page, "COMMANDS", HelpGroups.Commands(command), each => (Roff.Bold($"{PageName(each)}(1)"), each.Description ?? ""));
        Groups(page, "OPTIONS", HelpGroups.Options(command), each => (OptionLabel(each), HelpTexts.Describe(each)));
        Examples(page, command);
        if (command is RootCommand)
        {
            Entries(page, "EXIT STATUS", ManTexts.ExitCodes.Select(each => (Roff.Bold(each.Code), each.Meaning)));
            Entries(page, "ENVIRONMENT", ManTexts.Variables.Select(each => (Roff.Bold(each.Names), each.Meaning)));
        }
        page.Section("SEE ALSO");
        page.Line(string.Join(",\n", SeeAlso(command).Select(name => $".BR {Roff.Escape(name)} (1)")));
        return new($"{PageName(command)}.1", page.ToString());
    }

    private static void Synopsis(Roff page, Command command)
    {
        var arguments = HelpTexts.Arguments(command).Select(each =>
        {
            var (isOptional, repeats) = HelpTexts.CountOf(each);
            var label = Roff.Italic(HelpTexts.LabelOf(each)) + (repeats ? "\\&.\\|.\\|." : "");
            return isOptional ? $"[{label}]" : label;
        });
        if (command.Subcommands.Count > 0)
            arguments = arguments.Prepend(command.Action is null ? Roff.Italic("COMMAND") : $"[{Roff.Italic("COMMAND")}]");
        var required = HelpTexts.Required(command).Select(each => $"{Roff.Bold(each.Name)} {Roff.Italic(each.HelpName ?? "VALUE")}");
        page.Line(string.Join(' ',
            [Roff.Bold(CommandTree.PathOf(command)), $"[{Roff.Italic("OPTION")}]\\&.\\|.\\|.", .. required, .. arguments]));
    }

    private static void Examples(Roff page, Command command)
    {
        var examples = CommandExamples.Of(command);
        if (examples.IsEmpty)
            return;
        page.Section("EXAMPLES");
        for (var at = 0; at < examples.Length; at++)
        {
            if (at > 0)
                page.Line(".PP");
            page.Paragraphs(examples[at].Purpose + ":");
            page.Verbatim(examples[at].Lines);
        }
    }

    /// <summary>Entries under headings of their own; a group alone has none.</summary>
    private static void Groups<T>(Roff page, string title, IEnumerable<(string Title, ImmutableArray<T> Members)> groups,
        Func<T, (string Label, string Text)> entry)
    {
        var all = groups.Where(group => !group.Members.IsEmpty).ToList();
        if (all.Count == 0)
            return;
        page.Section(title);
        foreach (var (subtitle, members) in all)
        {
            if (all.Count > 1)
                page.Subsection(subtitle);
            foreach (var (label, text) in members.Select(entry))
                page.Entry(label, text);
        }
    }

    private static void Entries(Roff page, string title, IEnumerable<(string Label, string Text)> entries)
    {
        var all = entries.ToList();
        if (all.Count == 0)
            return;
        page.Section(title);
        foreach (var (label, text) in all)
            page.Entry(label, text);
    }

    private static string OptionLabel(Option option)
    {
        var (before, value, after) = HelpTexts.ValueOf(option);
        return string.Join(", ", HelpTexts.Names(option).Select(Roff.Bold)) + before + (value.Length > 0 ? Roff.Italic(value) : "") + after;
    }

    private static IEnumerable<Command> Visible(Command command) =>
        command.Subcommands.Where(each => !each.Hidden).SelectMany(each => Visible(each).Prepend(each));

    private static IEnumerable<string> SeeAlso(Command command) => command is RootCommand
        ? command.Subcommands.Where(each => !each.Hidden).Select(PageName)
        : command.Parents.OfType<Command>().Select(PageName).Concat(command.Subcommands.Where(each => !each.Hidden).Select(PageName));

    private static string PageName(Command command) => CommandTree.PathOf(command).Replace(' ', '-');
}
