using System.CommandLine;
using Manifold.Dockerfile;

namespace Manifold.Cli;

/// <summary>What is wrong with a command line, in one line for each mistake.</summary>
internal static class WrongUsage
{
    public static IEnumerable<string> Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // The library takes a mistyped option for an argument, and what follows it for one too many: all else could only be guessed at.
        if (parsed.CommandResult.Tokens.Select(token => token.Value).Concat(parsed.UnmatchedTokens).FirstOrDefault(IsOption) is { } option)
            return [Unknown("option", option, command.Options.Where(known => !known.Hidden).Select(known => known.Name))];
        if (command.Subcommands.Count == 0)
            return parsed.Errors.Select(error => error.Message);
        var commands = command.Subcommands.Select(known => known.Name);
        return [parsed.UnmatchedTokens is [var word, ..] ? Unknown("command", word, commands) : $"Which command? There are: {string.Join(", ", commands)}."];
    }

    private static bool IsOption(string word) => word.StartsWith('-') && word.Length > 1;

    private static string Unknown(string noun, string word, IEnumerable<string> known) => $"There is no {noun} '{word}'. {Suggestion.For(word, known)}".TrimEnd();
}
