using System.CommandLine;
using System.CommandLine.Parsing;
using Manifold.Dockerfile;

namespace Manifold.Cli;

/// <summary>What is wrong with a command line, in one line for each mistake, and whose help says how it is right.</summary>
internal sealed record WrongUsage(Command Command, IReadOnlyList<string> Mistakes)
{
    /// <summary>Null where nothing is wrong.</summary>
    /// <remarks>The library lets some mistakes pass: it takes an option that it does not know for one more argument, and a value that a switch cannot have as well.</remarks>
    public static WrongUsage? Find(ParseResult parsed, IReadOnlyList<string> arguments)
    {
        var command = parsed.CommandResult.Command;
        // Help and completion are asked for in the middle of a line.
        if (parsed.Errors.Count == 0 && parsed.Action != command.Action)
            return null;
        var root = parsed.RootCommandResult.Command;
        if (parsed.Tokens is [{ Type: TokenType.Argument, Value: var first }, ..] && !IsOption(first))
            return new(root, [Unknown("command", first, NamesOf(root.Subcommands), Habits.OfCommand)]);
        if (arguments.TakeWhile(word => word != "--").FirstOrDefault(word => IsValueOfASwitch(command, word)) is { } given)
            return new(command, [$"{given}: expected true or false. Write {given.Split('=')[0]} alone, or leave it out."]);
        // What follows a mistyped option seems to be one argument too many: all else could only be guessed at.
        var words = parsed.CommandResult.Tokens.Select(token => token.Value).Concat(parsed.UnmatchedTokens);
        if (!parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) && words.FirstOrDefault(IsOption) is { } option)
            return new(command, [Unknown("option", option, NamesOf(command.Options), Habits.OfOption)]);
        if (parsed.Errors.Count == 0)
            return null;
        if (command.Subcommands.Count == 0)
            return new(command, [.. parsed.Errors.Select(Describe).Distinct()]);
        var commands = NamesOf(command.Subcommands);
        return new(command, [parsed.UnmatchedTokens is [var word, ..] ? Unknown("command", word, commands, _ => null) : $"Which command? There are: {string.Join(", ", commands)}."]);
    }

    private static readonly Dictionary<Type, string> Numbers = new()
    {
        [typeof(int)] = "a whole number", [typeof(int?)] = "a whole number", [typeof(long)] = "a whole number",
        [typeof(long?)] = "a whole number",
        [typeof(double)] = "a number", [typeof(double?)] = "a number",
    };

    private static IEnumerable<string> NamesOf(IEnumerable<Symbol> known) => known.Where(each => !each.Hidden).Select(each => each.Name);

    private static bool IsOption(string word) => word.StartsWith('-') && word.Length > 1;

    private static bool IsValueOfASwitch(Command command, string word) =>
        word.Split('=', 2) is [var name, var value] && !bool.TryParse(value, out _) && command.Options.Any(option => option.Name == name && option.ValueType == typeof(bool));

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0 } missing => Missing(missing.Argument.Name, missing.Argument.Description),
        OptionResult { Option.Required: true, Tokens.Count: 0 } missing => Missing(missing.Option.Name, missing.Option.Description),
        OptionResult { Tokens: [.., { Value: var given }] } option when Numbers.TryGetValue(option.Option.ValueType, out var number) =>
            $"{option.Option.Name} {given}: expected {number}.",
        _ => error.Message,
    };

    private static string Missing(string name, string? description) => $"{name} is missing. {description}".TrimEnd();

    private static string Unknown(string noun, string word, IEnumerable<string> known, Func<string, string?> habit) =>
        $"There is no {noun} '{word}'. {habit(word) ?? Suggestion.For(word, known)}".TrimEnd();
}
