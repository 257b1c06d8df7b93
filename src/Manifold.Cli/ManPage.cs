using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;

namespace Manifold.Cli;

/// <summary>The manual page of one command, in the language of man(7).</summary>
internal sealed record ManPage(string FileName, string Text)
{
    /// <summary>A page for each command that people see; that of the program is the first.</summary>
    public static IEnumerable<ManPage> All(RootCommand root, string version, DateOnly date) =>
        Visible(root).Prepend(root).Select(command => Of(command, version, date));

    private static ManPage Of(Command command, string version, DateOnly date)
    {
        var page = new Roff();
        page.Title(PageName(command), date, version);
        page.Section("NAME");
        // Index programs (apropos, whatis) read this: no full stop.
        page.Paragraphs($"{PageName(command)} - {FirstSentence(command)}");
        page.Section("SYNOPSIS");
        Synopsis(page, command);
        page.Section("DESCRIPTION");
        page.Paragraphs(command is RootCommand ? [command.Description ?? "", ManTexts.Introduction] : [command.Description ?? ""]);
        Entries(page, "ARGUMENTS", command.Arguments.Where(each => !each.Hidden)
            .Select(each => (Roff.Italic(LabelOf(each)), each.Description ?? "")));
        Entries(page, "COMMANDS", command.Subcommands.Where(each => !each.Hidden)
            .Select(each => (Roff.Bold($"{PageName(each)}(1)"), each.Description ?? "")));
        Entries(page, "OPTIONS", CommandTree.OptionsOf(command).Select(each => (OptionLabel(each), Describe(each))));
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
        var arguments = command.Subcommands.Count > 0 ? [Roff.Italic("COMMAND")]
            : command.Arguments.Where(each => !each.Hidden).Select(each =>
            {
                var label = Roff.Italic(LabelOf(each)) + (each.Arity.MaximumNumberOfValues > 1 ? "\\&.\\|.\\|." : "");
                return each.Arity.MinimumNumberOfValues == 0 ? $"[{label}]" : label;
            });
        page.Line(string.Join(' ', [Roff.Bold(CommandTree.PathOf(command)), $"[{Roff.Italic("OPTION")}]\\&.\\|.\\|.", .. arguments]));
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
        var names = option.Aliases.Where(name => name.StartsWith('-')).Append(option.Name)
            .OrderBy(name => name.StartsWith("--", StringComparison.Ordinal));
        var label = string.Join(", ", names.Select(Roff.Bold));
        return option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? label
            : $"{label} {Roff.Italic(option.HelpName ?? "VALUE")}";
    }

    private static string Describe(Option option)
    {
        var told = option is HelpOption ? "Print help." : option.Description ?? "";
        var value = option.HasDefaultValue && option.ValueType != typeof(bool) ? option.GetDefaultValue() : null;
        return value is string or int or long or double
            ? $"{told} Default: {Convert.ToString(value, CultureInfo.InvariantCulture)}." : told;
    }

    private static string LabelOf(Argument argument) => argument.HelpName ?? argument.Name;

    private static IEnumerable<Command> Visible(Command command) =>
        command.Subcommands.Where(each => !each.Hidden).SelectMany(each => Visible(each).Prepend(each));

    private static IEnumerable<string> SeeAlso(Command command) => command is RootCommand
        ? command.Subcommands.Where(each => !each.Hidden).Select(PageName)
        : command.Parents.OfType<Command>().Select(PageName).Concat(command.Subcommands.Where(each => !each.Hidden).Select(PageName));

    private static string PageName(Command command) => CommandTree.PathOf(command).Replace(' ', '-');

    private static string FirstSentence(Command command)
    {
        var text = command.Description ?? "";
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd('.');
    }
}
