using System.CommandLine;
using System.Text;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>The text of <c>--help</c>, made from the command tree for a given width.</summary>
/// <remarks>
/// Descriptions are an aligned second column. Below 60 columns they follow on lines of their own. Words are never broken.
/// </remarks>
internal sealed class HelpPage
{
    public const int UsualWidth = 80, LargestWidth = 100;

    private const int SmallestForColumns = 60, LargestLabel = 26, LargestLabelOfFew = 32, Indent = 2, StackedIndent = 6;

    // The commands of a first day, in the order in which people need them.
    private static readonly string[] FirstCommands = ["init", "build", "bake", "plan", "verify", "doctor"];

    private readonly StringBuilder text = new();
    private readonly int width;
    private readonly bool bold;

    private HelpPage(int width, bool bold) => (this.width, this.bold) = (width, bold);

    /// <param name="bold">Headings are bold, for terminals.</param>
    public static string Of(Command command, int width, bool bold = false)
    {
        var page = new HelpPage(width, bold);
        page.Paragraph(command.Description ?? "");
        page.text.Append('\n');
        page.Usage(command);
        page.Entries("Arguments", HelpTexts.Arguments(command).Select(each => (HelpTexts.LabelOf(each), each.Description ?? "")));
        var groups = HelpGroups.Commands(command).ToList();
        // One column for all groups of a page.
        var column = page.Column(groups.SelectMany(group => group.Commands).Select(each => each.Name));
        foreach (var (title, commands) in groups)
            page.Entries(title, commands.Select(each => (each.Name, HelpTexts.Summary(each) + ".")), column);
        var options = HelpGroups.Options(command).ToList();
        var largest = options.Count > 1 ? LargestLabel : LargestLabelOfFew;
        column = page.Column(options.SelectMany(group => group.Options).Select(Label), largest);
        foreach (var (title, members) in options)
            page.Entries(title, members.Select(each => (Label(each), HelpTexts.Describe(each))), column);
        page.Examples(command);
        page.Hints(command);
        return page.text.ToString();
    }

    /// <summary>The page of <c>manifold</c> alone: the commands of a first day.</summary>
    public static string First(RootCommand root, int width, bool bold = false)
    {
        var page = new HelpPage(width, bold);
        page.Paragraph(root.Description ?? "");
        var first = FirstCommands.Select(name => root.Subcommands.FirstOrDefault(each => each.Name == name)).OfType<Command>();
        page.Entries("First steps", first.Select(each => (each.Name, HelpTexts.Summary(each) + ".")));
        page.Entries("More help",
        [
            ($"{Product.Name} --help", "Lists all commands."),
            ($"{Product.Name} help COMMAND", "Explains a command, with examples."),
        ]);
        return page.text.ToString();
    }

    /// <summary>Writes a page to standard output, as wide as its terminal.</summary>
    public static void Show(CliContext context, Func<int, bool, string> page)
    {
        var width = Math.Min(context.OutWidth ?? UsualWidth, LargestWidth);
        ForeignTextWriter.Own(context.Out).Write(page(width, context.PaintsOut));
    }

    private static string Label(Option option)
    {
        var names = string.Join(", ", HelpTexts.Names(option));
        var (before, value, after) = HelpTexts.ValueOf(option);
        // Long names are below each other, with a short name or without.
        return $"{(names.StartsWith("--", StringComparison.Ordinal) ? "    " : "")}{names}{before}{value}{after}";
    }

    private void Usage(Command command)
    {
        var words = new List<string> { Product.Name };
        if (command is not RootCommand)
            words[0] = CommandTree.PathOf(command);
        if (command.Subcommands.Count > 0)
            words.Add(command.Action is null ? "COMMAND" : "[COMMAND]");
        words.Add("[OPTIONS]");
        words.AddRange(HelpTexts.Required(command).Select(each => $"{each.Name} {each.HelpName}"));
        words.AddRange(HelpTexts.Arguments(command).Select(each =>
        {
            var (isOptional, repeats) = HelpTexts.CountOf(each);
            var label = HelpTexts.LabelOf(each) + (repeats ? "..." : "");
            return isOptional ? $"[{label}]" : label;
        }));
        const string title = "Usage: ";
        Wrapped(title.Length, string.Join(' ', words), Bold(title));
    }

    private void Examples(Command command)
    {
        var examples = CommandExamples.Of(command);
        if (examples.IsEmpty)
            return;
        Heading("Examples");
        for (var at = 0; at < examples.Length; at++)
        {
            if (at > 0)
                text.Append('\n');
            Wrapped(Indent + 2, examples[at].Purpose, "  # ");
            foreach (var line in examples[at].Lines)
                text.Append("  ").Append(line).Append('\n');
        }
    }

    private void Hints(Command command)
    {
        if (command.Subcommands.Count == 0)
            return;
        text.Append('\n');
        Paragraph(command is RootCommand
            ? $"'{Product.Name} help COMMAND' explains a command. 'man {Product.Name}' lists exit codes and environment variables."
            : $"'{CommandTree.PathOf(command)} COMMAND --help' explains a command.");
    }

    private void Heading(string title) => text.Append('\n').Append(Bold(title + ":")).Append('\n');

    private void Entries(string title, IEnumerable<(string Label, string Text)> entries, int? column = null)
    {
        var all = entries.ToList();
        if (all.Count == 0)
            return;
        Heading(title);
        var start = column ?? Column(all.Select(each => each.Label));
        foreach (var (label, described) in all)
        {
            var isBeside = width >= SmallestForColumns && label.Length + Indent + 2 <= start;
            if (isBeside)
                Wrapped(start, described, $"  {label}".PadRight(start));
            else
            {
                text.Append("  ").Append(width < SmallestForColumns ? label.TrimStart() : label).Append('\n');
                Wrapped(start, described, new string(' ', start));
            }
        }
    }

    /// <summary>Where descriptions start.</summary>
    /// <param name="largest">Longer labels have a line of their own.</param>
    private int Column(IEnumerable<string> labels, int largest = LargestLabel) => width < SmallestForColumns ? StackedIndent
        : Indent + 2 + labels.Select(label => label.Length).Where(length => length <= largest).DefaultIfEmpty(0).Max();

    private void Paragraph(string plain) => Wrapped(0, plain, "");

    /// <param name="start">Where lines after the first start.</param>
    /// <param name="head">The text before the first line. It takes as many cells as <paramref name="start"/>.</param>
    private void Wrapped(int start, string plain, string head)
    {
        var words = string.Join(' ', plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var lines = string.Join('\n', Wrapping.Lines(new string(' ', start) + words, width, start));
        text.Append(head).Append(lines.AsSpan(start)).Append('\n');
    }

    private string Bold(string plain) => bold ? $"\e[1m{plain}\e[m" : plain;
}
