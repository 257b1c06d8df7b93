using System.CommandLine;
using System.CommandLine.Completions;

namespace Manifold.Cli;

/// <summary>A word that fits at the cursor, and a description, which may be empty.</summary>
internal readonly record struct CompletedWord(string Text, string Description)
{
    // Others are accepted, too.
    private static readonly string[] CommonPlatforms =
    [
        "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x",
    ];

    /// <summary>The words that fit in the place of the last one. Reads the command tree, and the names of nodes where they fit.</summary>
    /// <remarks>
    /// <code>
    /// 1  walk    the words before it lead to a command, and perhaps to an option that needs a value
    /// 2  offer   values of that option, else options if the word starts with a dash, else commands, else values of the argument
    /// 3  filter  those that start with the word
    /// </code>
    /// </remarks>
    public static IEnumerable<CompletedWord> Find(RootCommand root, IReadOnlyList<string> words)
    {
        var word = words.Count > 0 ? words[^1] : "";
        if (words is [HelpCommand.Name, _, ..] && !word.StartsWith('-'))
        {
            return Commands(Walk(root, words.Skip(1).SkipLast(1))?.Command)
                .Where(offered => offered.Text.StartsWith(word, StringComparison.Ordinal));
        }
        if (Walk(root, words.SkipLast(1)) is not var (command, waiting))
            return [];
        return Offer(command, waiting, word).Where(offered => offered.Text.StartsWith(word, StringComparison.Ordinal));
    }

    /// <summary>Null after <c>--</c>, where everything is an argument.</summary>
    private static (Command Command, Option? Waiting)? Walk(Command command, IEnumerable<string> words)
    {
        Option? waiting = null;
        foreach (var word in words)
        {
            if (waiting is not null)
                waiting = null;
            else if (word == "--")
                return null;
            else if (word.StartsWith('-'))
                waiting = CommandTree.OptionsOf(command).FirstOrDefault(each => Names(each).Contains(word) && TakesValue(each));
            else
                command = command.Subcommands.FirstOrDefault(each => each.Name == word || each.Aliases.Contains(word)) ?? command;
        }
        return (command, waiting);
    }

    private static IEnumerable<CompletedWord> Offer(Command command, Option? waiting, string word)
    {
        if (waiting is not null)
            return Values(waiting, word, "");
        if (!word.StartsWith('-'))
            return [.. Commands(command), .. command.Arguments.SelectMany(each => Values(each, word, ""))];
        if (word.IndexOf('=', StringComparison.Ordinal) is > 0 and var end)
        {
            return CommandTree.OptionsOf(command).Where(each => Names(each).Contains(word[..end]))
                .SelectMany(each => Values(each, word[(end + 1)..], word[..(end + 1)]));
        }
        return CommandTree.OptionsOf(command)
            .SelectMany(each => Names(each).Where(name => name.StartsWith('-'))
                .Select(name => new CompletedWord(name, Line(each.Description))))
            .OrderBy(each => each.Text, StringComparer.Ordinal);
    }

    private static IEnumerable<CompletedWord> Commands(Command? command) => (command?.Subcommands ?? [])
        .Where(each => !each.Hidden).Select(each => new CompletedWord(each.Name, Line(each.Description)));

    /// <param name="before">The part of the word before the value: <c>--platform=</c></param>
    private static IEnumerable<CompletedWord> Values(Symbol symbol, string value, string before)
    {
        var items = before + value[..(value.LastIndexOf(',') + 1)]; // of a list, whose last item is completed
        if (symbol.Name == "--platform")
            return CommonPlatforms.Select(each => new CompletedWord(items + each, ""));
        if (symbol.Name == NodeFlags.Name)
            before = items;
        return symbol.GetCompletions(CompletionContext.Empty).Select(each => new CompletedWord(before + each.Label, ""));
    }

    private static IEnumerable<string> Names(Option option) => option.Aliases.Prepend(option.Name);

    private static bool TakesValue(Option option) =>
        option.ValueType != typeof(bool) && option.Arity.MinimumNumberOfValues > 0;

    private static string Line(string? description) => (description ?? "").ReplaceLineEndings(" ");
}
