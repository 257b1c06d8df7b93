using System.Collections.Immutable;
using System.Text;

namespace Manifold.Verification.Binaries;

/// <summary>Splits the text of <c>sh -c</c>, or of a script, into simple commands, as far as that can be done without running it.</summary>
/// <remarks>
/// Quotes, escapes, comments, redirections, here-documents, assignments and the operators that join commands are read. Compound commands
/// and functions are read as brackets: what stands in them is marked, what follows them counts. Substitutions are words that only the shell
/// knows. Source: POSIX.1-2017, Shell Command Language, 2.2, 2.3, 2.6, 2.7.4, 2.9.
/// </remarks>
internal sealed class ShellText
{
    /// <summary>The word <c>"$@"</c>, as it stands for all arguments.</summary>
    public const string Arguments = "\"$@\"";

    /// <summary>Stands before and after the name of a variable within a word.</summary>
    public const char Variable = '\0';

    private static readonly ImmutableHashSet<string> Openers = ["if", "for", "while", "until", "case", "select", "{"];
    private static readonly ImmutableHashSet<string> Closers = ["fi", "done", "esac", "}"];
    private static readonly ImmutableHashSet<string> Between = ["then", "do", "else", "elif", "time"]; // a command follows

    private readonly string text;
    private readonly ImmutableArray<ShellCommand>.Builder commands = ImmutableArray.CreateBuilder<ShellCommand>();
    private readonly HashSet<string> functions = new(StringComparer.Ordinal);
    private readonly Stack<string> open = new();
    private readonly Queue<string> documents = new();
    private readonly List<string?> words = [];
    private string before = "";
    private int at;
    private bool skipNext;

    private ShellText(string text) => this.text = text;

    /// <summary>The commands, and whether the text was understood to its end and has none that is marked.</summary>
    public static (ImmutableArray<ShellCommand> Commands, bool Whole) Split(string text)
    {
        var shell = new ShellText(text);
        var understood = shell.Read();
        var commands =
            shell.commands.Where(command => command.Words[0] is not { } name || !shell.functions.Contains(name)).ToImmutableArray();
        return (commands, understood && commands.Length == shell.commands.Count && !commands.Any(command => command.Inner));
    }

    private bool Read()
    {
        while (at < text.Length)
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
                Bracket(c);
            else if (c is '<' or '>' || (char.IsAsciiDigit(c) && at + 1 < text.Length && text[at + 1] is '<' or '>'))
                Redirect();
            else
                Take(ReadWord());
        }
        Finish("");
        return open.Count == 0;
    }

    private void Join()
    {
        var length = at + 1 < text.Length && text[at + 1] == text[at] && text[at] != '\n' ? 2 : 1;
        Finish(text.Substring(at, length));
        at += length;
        if (text[at - 1] == '\n')
            SkipDocuments();
    }

    // A subshell; the brackets after a function's name; the one that ends a case's pattern.
    private void Bracket(char c)
    {
        at++;
        if (c == '(' && words is [{ } name])
        {
            functions.Add(name);
            words.Clear();
            at = text.IndexOf(')', at) is var end and >= 0 ? end + 1 : text.Length;
        }
        else if (c == '(')
        {
            skipNext = false; // of <(command), whose file is not followed
            open.Push("(");
        }
        else if (open.TryPeek(out var opener) && opener == "case")
            words.Clear();
        else
        {
            Finish(";");
            open.TryPop(out _);
        }
    }

    private void Redirect()
    {
        while (char.IsAsciiDigit(text[at]))
            at++;
        var operation = text.AsSpan(at);
        if (operation.StartsWith("<<") && !operation.StartsWith("<<<"))
        {
            at += operation.StartsWith("<<-") ? 3 : 2;
            while (at < text.Length && text[at] is ' ' or '\t')
                at++;
            documents.Enqueue(at < text.Length ? ReadWord() ?? "" : "");
            return;
        }
        while (at < text.Length && text[at] is '<' or '>' or '&' or '|')
            at++;
        skipNext = true;
    }

    private void SkipDocuments()
    {
        while (documents.TryDequeue(out var delimiter))
        {
            for (var found = false; at < text.Length && !found;)
            {
                var end = text.IndexOf('\n', at) is var line and >= 0 ? line : text.Length;
                found = text.AsSpan(at, end - at).Trim("\t\r").SequenceEqual(delimiter);
                at = Math.Min(end + 1, text.Length);
            }
        }
    }

    private void Take(string? word)
    {
        if (skipNext)
            skipNext = false;
        else if (words.Count > 0 || word is null || !TakeReserved(word))
        {
            if (words.Count > 0 || word is null || !IsAssignment(word))
                words.Add(word);
        }
    }

    private bool TakeReserved(string word)
    {
        if (Openers.Contains(word))
            open.Push(word);
        else if (Closers.Contains(word))
            open.TryPop(out _);
        else if (word == "function")
        {
            while (at < text.Length && text[at] is ' ' or '\t')
                at++;
            functions.Add(at < text.Length ? ReadWord() ?? "" : "");
        }
        else
            return Between.Contains(word);
        // What a loop or a case is about is no command.
        if (word is "for" or "case" or "select")
            words.Add(":");
        return true;
    }

    private void Finish(string next)
    {
        var isCase = words is [":", ..] && open.TryPeek(out var opener) && opener is "case" or "for" or "select";
        if (words.Count > 0 && !isCase)
            commands.Add(new ShellCommand([.. words], before, open.Count > 0));
        if (words.Count > 0 || before.Length > 0)
            before = next;
        words.Clear();
    }

    internal static bool IsAssignment(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            && !char.IsAsciiDigit(word[0])
            && word.AsSpan(0, equals).IndexOfAnyExceptInRange('0', 'z') < 0
            && word[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }

    /// <summary>One word with its quotes taken away, or null where the shell would expand something in it.</summary>
    private string? ReadWord()
    {
        var (word, begin) = (new StringBuilder(), at);
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
                case '$' or '`':
                    known &= TakeVariable(word);
                    break;
                case '*' or '?' or '[':
                    known &= text[at] == '[' && word.Length == 0; // the command [
                    word.Append(text[at]);
                    break;
                default:
                    word.Append(text[at]);
                    break;
            }
        }
        at = Math.Min(at, text.Length);
        return known ? word.ToString() : text.AsSpan(begin, at - begin) is Arguments or "$@" or "\"${@}\"" ? Arguments : null;
    }

    private bool ReadQuoted(StringBuilder word)
    {
        var known = true;
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] is '$' or '`')
            {
                known &= TakeVariable(word);
                continue;
            }
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '$' or '`' or '"' or '\\' or '\n')
                at++;
            word.Append(text[at]);
        }
        return known;
    }

    /// <summary>
    /// Takes <c>$NAME</c> or <c>${NAME}</c> up to its last character; false where it is anything else, which is passed over.
    /// </summary>
    private bool TakeVariable(StringBuilder word)
    {
        var braces = at + 2 < text.Length && text[at + 1] == '{' ? 1 : 0;
        var (begin, end) = (at + 1 + braces, at + 1 + braces);
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        if (text[at] != '$' || end == begin || char.IsAsciiDigit(text[begin]) || (braces == 1 && (end == text.Length || text[end] != '}')))
        {
            SkipExpansion();
            return false;
        }
        word.Append(Variable).Append(text, begin, end - begin).Append(Variable);
        at = end - 1 + braces;
        return true;
    }

    /// <summary>Goes to the last character of <c>$(…)</c>, <c>${…}</c> or <c>`…`</c>; stays at the <c>$</c> of what is shorter.</summary>
    private void SkipExpansion()
    {
        var (opener, closer) = text[at] == '`' ? ('`', '`')
            : at + 1 < text.Length && text[at + 1] is '(' ? ('(', ')')
            : at + 1 < text.Length && text[at + 1] is '{' ? ('{', '}')
            : default;
        if (opener == default)
            return;
        at += opener == '`' ? 1 : 2;
        for (var depth = 1; at < text.Length; at++)
        {
            if (text[at] == closer && --depth == 0)
                return;
            if (text[at] == opener)
                depth++;
            else if (text[at] == '\\')
                at++;
            else if (text[at] == '\'' && text.IndexOf('\'', at + 1) is var end and >= 0 && opener == '(')
                at = end;
        }
    }
}
