using System.Collections.Immutable;
using System.Text;

namespace Manifold.Verification.Starting;

/// <summary>One simple command of a shell's text.</summary>
/// <param name="Words">Program and arguments; a word that only the shell knows (<c>$HOME/x</c>) is null.</param>
/// <param name="Before">The operator between the command before and this one, e.g. <c>&amp;&amp;</c>; empty for the first.</param>
internal sealed record ShellCommand(ImmutableArray<string?> Words, string Before);

/// <summary>Splits the text of <c>sh -c</c> into simple commands, as far as that can be done without running it.</summary>
/// <remarks>
/// Quotes, escapes, comments, redirections, assignments and the operators that join commands are read; compound commands (<c>if</c>, <c>for</c>,
/// groups, functions, here-documents) are not: the text up to them counts. Source: POSIX.1-2017, Shell Command Language, 2.2, 2.3, 2.9.
/// </remarks>
internal sealed class ShellText
{
    private static readonly ImmutableHashSet<string> Compound = ["if", "for", "while", "until", "case", "{", "}", "!", "[[", "function", "select", "then", "do", "else", "fi", "done", "esac"];

    private readonly string text;
    private readonly ImmutableArray<ShellCommand>.Builder commands = ImmutableArray.CreateBuilder<ShellCommand>();
    private readonly List<string?> words = [];
    private string before = "";
    private int at;
    private bool skipNext, ended;

    private ShellText(string text) => this.text = text;

    /// <summary>The commands, and whether that was all of the text.</summary>
    public static (ImmutableArray<ShellCommand> Commands, bool Whole) Split(string text)
    {
        var shell = new ShellText(text);
        var whole = shell.Read();
        return (shell.commands.ToImmutable(), whole && !shell.ended);
    }

    private bool Read()
    {
        while (at < text.Length && !ended)
        {
            var c = text[at];
            if (c is ' ' or '\t' or '\r')
                at++;
            else if (c == '\\' && at + 1 < text.Length && text[at + 1] == '\n')
                at += 2;
            else if (c == '#')
                at = text.IndexOf('\n', at) is var end and >= 0 ? end : text.Length;
            else if (c is '\n' or ';' or '&' or '|')
                Join();
            else if (c is '(' or ')')
                return false;
            else if (c is '<' or '>' || (char.IsAsciiDigit(c) && at + 1 < text.Length && text[at + 1] is '<' or '>'))
            {
                if (!Redirect())
                    return false;
            }
            else
                Take(ReadWord());
        }
        Finish("");
        return true;
    }

    private void Join()
    {
        var length = at + 1 < text.Length && text[at + 1] == text[at] && text[at] != '\n' ? 2 : 1;
        Finish(text.Substring(at, length));
        at += length;
    }

    private bool Redirect()
    {
        while (char.IsAsciiDigit(text[at]))
            at++;
        var operation = text.AsSpan(at);
        if (operation.StartsWith("<<") || operation.StartsWith("<(") || operation.StartsWith(">("))
            return false;
        while (at < text.Length && text[at] is '<' or '>' or '&' or '|')
            at++;
        skipNext = true;
        return true;
    }

    private void Take(string? word)
    {
        if (skipNext)
            skipNext = false;
        else if (words.Count == 0 && word is not null && Compound.Contains(word))
            (ended, _) = (true, at = text.Length);
        else if (words.Count > 0 || word is null || !IsAssignment(word))
            words.Add(word);
    }

    private void Finish(string next)
    {
        if (words.Count > 0)
            commands.Add(new ShellCommand([.. words], before));
        if (words.Count > 0 || before.Length > 0)
            before = next;
        words.Clear();
    }

    internal static bool IsAssignment(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !char.IsAsciiDigit(word[0]) && word.AsSpan(0, equals).IndexOfAnyExceptInRange('0', 'z') < 0 && word[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }

    /// <summary>One word with its quotes taken away, or null where the shell would expand something in it.</summary>
    private string? ReadWord()
    {
        var word = new StringBuilder();
        var known = text[at] != '~';
        for (; at < text.Length && text[at] is not (' ' or '\t' or '\r' or '\n' or ';' or '&' or '|' or '(' or ')' or '<' or '>'); at++)
        {
            switch (text[at])
            {
                case '\'':
                    var end = text.IndexOf('\'', at + 1) is var quote and >= 0 ? quote : text.Length;
                    word.Append(text, at + 1, end - at - 1);
                    at = end;
                    break;
                case '"':
                    known &= ReadQuoted(word);
                    break;
                case '\\' when at + 1 < text.Length:
                    word.Append(text[++at]);
                    break;
                case '$' or '`' or '*' or '?' or '[':
                    known &= text[at] == '[' && word.Length == 0; // the command [
                    word.Append(text[at]);
                    break;
                default:
                    word.Append(text[at]);
                    break;
            }
        }
        at = Math.Min(at, text.Length);
        return known ? word.ToString() : null;
    }

    private bool ReadQuoted(StringBuilder word)
    {
        var known = true;
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            known &= text[at] is not ('$' or '`');
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '$' or '`' or '"' or '\\' or '\n')
                at++;
            word.Append(text[at]);
        }
        return known;
    }
}
