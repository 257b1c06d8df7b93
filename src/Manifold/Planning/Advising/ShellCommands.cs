using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Planning.Advising;

/// <summary>A simple command of a shell script.</summary>
/// <param name="Variables">The assignments before the command, as written, each with a space at its end.</param>
/// <param name="Text">The program and its arguments, as written.</param>
internal sealed record ShellCommand(string Variables, string Text)
{
    public ImmutableArray<string> Words { get; } = [.. Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>The program's name without its folder.</summary>
    public string Program => Words[0][(Words[0].LastIndexOf('/') + 1)..];

    /// <summary>Whether one of the first words after the program is one of these, e.g. <c>build</c> of <c>go -C src build</c>.</summary>
    public bool HasVerb(params string[] verbs) => Words.Skip(1).Take(3).Any(word => verbs.Contains(word));
}

/// <summary>Splits the script of a RUN into simple commands, well enough to recognize compilers.</summary>
internal static partial class ShellCommands
{
    private static readonly string[] Prefixes =
        ["exec", "time", "env", "nice", "sudo", "command", "if", "then", "else", "do", "while", "!", "{"];

    public static IEnumerable<ShellCommand> Of(string script)
    {
        var lines = Continuations().Replace(script, " ").Split('\n').Where(line => !line.TrimStart().StartsWith('#'));
        return Split(string.Join('\n', lines)).Select(Command).OfType<ShellCommand>();
    }

    /// <summary>Splits at operators that are neither quoted nor within <c>$(…)</c>.</summary>
    private static IEnumerable<string> Split(string script)
    {
        var (begin, depth, quote) = (0, 0, '\0');
        for (var i = 0; i < script.Length; i++)
        {
            var one = script[i];
            if (one == '\\')
                i++;
            else if (quote != '\0')
                quote = one == quote ? '\0' : quote;
            else if (one is '\'' or '"' or '`')
                quote = one;
            else if (one == '(' && i > 0 && script[i - 1] == '$')
                depth++;
            else if (one == ')' && depth > 0)
                depth--;
            else if (depth == 0 && IsOperator(script, i))
            {
                yield return script[begin..i];
                begin = i + 1;
            }
        }
        yield return script[begin..];
    }

    /// <summary>The ampersands of <c>2&gt;&amp;1</c> and <c>&amp;&gt;</c> separate nothing.</summary>
    private static bool IsOperator(string script, int at) => script[at] switch
    {
        ';' or '\n' or '|' or '(' or ')' => true,
        '&' => !(at > 0 && script[at - 1] == '>') && !(at + 1 < script.Length && script[at + 1] == '>'),
        _ => false,
    };

    private static ShellCommand? Command(string part)
    {
        var (variables, command) = ("", part.Trim());
        while (command.Length > 0)
        {
            var word = command.Split((char[]?)null, 2)[0];
            if (Assignment().IsMatch(word))
                variables += word + " ";
            else if (!Prefixes.Contains(word))
                return new ShellCommand(variables, command);
            command = command[word.Length..].TrimStart();
        }
        return null;
    }

    [GeneratedRegex(@"\\\r?\n")]
    private static partial Regex Continuations();

    [GeneratedRegex(@"^\w+=")]
    private static partial Regex Assignment();
}
