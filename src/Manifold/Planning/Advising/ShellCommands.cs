using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Planning.Advising;

/// <summary>A simple command of a shell script.</summary>
/// <param name="Text">As written, without leading variable assignments and words such as <c>exec</c>.</param>
internal sealed record ShellCommand(string Text)
{
    public ImmutableArray<string> Words { get; } = [.. Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The program's name without its folder.</summary>
    public string Program => Words[0][(Words[0].LastIndexOf('/') + 1)..];

    /// <summary>Whether one of the first words after the program is one of these, e.g. <c>build</c> of <c>go -C src build</c>.</summary>
    public bool HasVerb(params string[] verbs) => Words.Skip(1).Take(3).Any(verbs.Contains);
}

/// <summary>Splits the script of a RUN into simple commands, well enough to recognize compilers. Quotes are not interpreted.</summary>
internal static partial class ShellCommands
{
    private static readonly string[] Prefixes =
        ["exec", "time", "env", "nice", "sudo", "command", "if", "then", "else", "do", "while", "!", "{"];

    public static IEnumerable<ShellCommand> Of(string script) =>
        from part in Separators().Split(Continuations().Replace(script, " "))
        let command = WithoutPrefixes(part.Trim())
        where command.Length > 0 && !command.StartsWith('#')
        select new ShellCommand(command);

    private static string WithoutPrefixes(string command)
    {
        while (command.Length > 0)
        {
            var word = command.Split((char[]?)null, 2)[0];
            if (!Prefixes.Contains(word) && !Assignment().IsMatch(word))
                break;
            command = command[word.Length..].TrimStart();
        }
        return command;
    }

    [GeneratedRegex(@"\\\r?\n")]
    private static partial Regex Continuations();

    [GeneratedRegex(@"&&|\|\||[;\n|&()]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"^\w+=")]
    private static partial Regex Assignment();
}
