using System.CommandLine;
using System.CommandLine.Parsing;
using Manifold.Dockerfile;

namespace Manifold.Cli;

/// <summary>The mistakes in a command line, one line for each, and the command whose help shows the right usage.</summary>
internal sealed record WrongUsage(Command Command, IReadOnlyList<string> Mistakes)
{
    private const int ExitCode = 2;

    /// <summary>The names of a command's subcommands that people see.</summary>
    private static IEnumerable<string> CommandsOf(Command command) => NamesOf(command.Subcommands);

    /// <summary>Null if the command line is right.</summary>
    /// <remarks>The library accepts some mistakes: an unknown option as one more argument, and a value for a switch.</remarks>
    public static WrongUsage? Find(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var command = parsed.CommandResult.Command;
        // Help and completion may be asked for in the middle of a line.
        if (parsed.Errors.Count == 0 && parsed.Action != command.Action)
            return null;
        var root = parsed.RootCommandResult.Command;
        if (parsed.Tokens is [{ Type: TokenType.Argument, Value: var first }, ..] && !IsOption(first))
            return new(root, [Unknown("command", first, CommandsOf(root), Habits.OfCommand)]);
        if (arguments.TakeWhile(word => word != "--").FirstOrDefault(word => IsValueOfASwitch(command, word)) is { } given)
            return new(command, [$"{given}: expected true or false. Write {given.Split('=')[0]} alone, or leave it out."]);
        // What follows a mistyped option looks like one argument too many, so only the option is reported.
        var words = parsed.CommandResult.Tokens.Select(token => token.Value).Concat(parsed.UnmatchedTokens);
        if (!parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) && words.FirstOrDefault(IsOption) is { } option)
            return new(command, [Unknown("option", option, NamesOf(command.Options), Habits.OfOption)]);
        if (parsed.Errors.Count == 0)
            return null;
        if (command.Subcommands.Count > 0 && command.Arguments.Count == 0)
        {
            var mistake = parsed.UnmatchedTokens is [var word, ..]
                ? Unknown("command", word, CommandsOf(command), _ => null) : NoCommand(command);
            return new(command, [mistake]);
        }
        return new(command, [.. parsed.Errors.Select(error => Describe(error, command, parsed.UnmatchedTokens)).Distinct()]);
    }

    /// <summary>Finds the command that words name, from the top; null if there is one.</summary>
    public static WrongUsage? FindCommand(RootCommand root, IEnumerable<string> words, out Command found)
    {
        found = root;
        foreach (var word in words)
        {
            if (found.Subcommands.FirstOrDefault(each => each.Name == word || each.Aliases.Contains(word)) is { } next)
                found = next;
            else
                return new(found, [Unknown("command", word, CommandsOf(found), found is RootCommand ? Habits.OfCommand : _ => null)]);
        }
        return null;
    }

    /// <summary>Prints the mistakes on standard error, and returns the exit code.</summary>
    public int Tell(CliContext context)
    {
        foreach (var mistake in Mistakes)
            context.Error.WriteLine($"manifold: {mistake}");
        context.Error.WriteLine($"See: {CommandTree.PathOf(Command)} --help");
        return ExitCode;
    }

    private static readonly Dictionary<Type, string> Numbers = new()
    {
        [typeof(int)] = "a whole number",
        [typeof(int?)] = "a whole number",
        [typeof(long)] = "a whole number",
        [typeof(long?)] = "a whole number",
        [typeof(double)] = "a number",
        [typeof(double?)] = "a number",
    };

    private static IEnumerable<string> NamesOf(IEnumerable<Symbol> known) => known.Where(each => !each.Hidden).Select(each => each.Name);

    private static bool IsOption(string word) => word.StartsWith('-') && word.Length > 1;

    private static bool IsValueOfASwitch(Command command, string word) =>
        word.Split('=', 2) is [var name, var value] && !bool.TryParse(value, out _)
        && command.Options.Any(option => option.Name == name && option.ValueType == typeof(bool));

    private static string NoCommand(Command command)
    {
        var names = CommandsOf(command).ToList();
        var list = names.Count == 1 ? names[0] : $"{string.Join(", ", names.SkipLast(1))} or {names[^1]}";
        return $"'{CommandTree.PathOf(command)}' needs a command: {list}.";
    }

    private static string Describe(ParseError error, Command command, IReadOnlyList<string> unmatched) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0 } missing => Missing(missing.Argument.Name, missing.Argument.Description),
        OptionResult { Option.Required: true, Tokens.Count: 0 } missing => Missing(missing.Option.Name, missing.Option.Description),
        OptionResult { Tokens.Count: 0, Option.Arity.MinimumNumberOfValues: > 0 } without =>
            $"{without.Option.Name} needs a value: {without.Option.Name} {without.Option.HelpName}.",
        OptionResult { Tokens: [.., { Value: var given }] } option when Numbers.TryGetValue(option.Option.ValueType, out var number) =>
            $"{option.Option.Name} {given}: expected {number}.",
        _ when unmatched.FirstOrDefault(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal)) is { } extra =>
            $"'{extra}' is an extra argument. Expected: {Expected(command)}",
        _ => error.Message,
    };

    private static string Expected(Command command) =>
        string.Join(' ', HelpTexts.Arguments(command).Select(HelpTexts.LabelOf).Prepend(CommandTree.PathOf(command)));

    private static string Missing(string name, string? description) =>
        $"{name} is missing. {HelpTexts.FirstSentence(description)}".TrimEnd();

    private static string Unknown(string noun, string word, IEnumerable<string> known, Func<string, string?> habit) =>
        $"There is no {noun} '{word}'. {habit(word) ?? Suggestion.For(word, known)}".TrimEnd();
}
