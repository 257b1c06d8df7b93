using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.Projects.Compose;

/// <summary>One statement of a file of variables.</summary>
/// <param name="Value">Null where only the name stands there, which takes the value of the environment.</param>
/// <param name="IsLiteral">In single quotes, in which no variable is replaced.</param>
/// <param name="Line">From 0.</param>
internal sealed record DotEnvStatement(string Name, string? Value, bool IsLiteral, int Line);

/// <summary>Cuts a file of variables into statements: <c>[export] NAME=VALUE</c>, <c>NAME: VALUE</c>, <c>NAME</c>.</summary>
/// <remarks>
/// A value in quotes may run over several lines, and a quote within it is escaped by a backslash. Double quotes know the escapes of a
/// shell. What follows a closing quote is a new statement. Source: compose-go, package dotenv.
/// </remarks>
internal sealed partial class DotEnvText(string text)
{
    private const string Blanks = "\t\v\f\r \u0085\u00A0";

    private int at;

    /// <summary>The line that is being read, from 0.</summary>
    public int Line { get; private set; }

    /// <summary>The next statement; null at the end.</summary>
    /// <exception cref="FormatException">It cannot be read.</exception>
    public DotEnvStatement? Next()
    {
        while (Skip(char.IsWhiteSpace) && text[at] == '#')
            Skip(c => c != '\n');
        if (at == text.Length)
            return null;
        var line = Line;
        if (Export().Match(text, at) is { Success: true } export)
            at += export.Length;
        var name = Name(out var isAlone);
        if (isAlone)
            return new DotEnvStatement(name, null, false, line);
        Skip(Blanks.Contains);
        return at < text.Length && text[at] is '"' or '\'' ? Quoted(name, line) : new DotEnvStatement(name, Plain(), false, line);
    }

    /// <summary>Moves on while something holds; false at the end of the text.</summary>
    private bool Skip(Func<char, bool> holds)
    {
        for (; at < text.Length && holds(text[at]); at++)
            Line += text[at] == '\n' ? 1 : 0;
        return at < text.Length;
    }

    private string Name(out bool isAlone)
    {
        var start = at;
        while (at < text.Length
            && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.' or '-' or '[' or ']' || Blanks.Contains(text[at])))
            at++;
        var name = text[start..at].TrimEnd();
        isAlone = at == text.Length || text[at] == '\n';
        if (!isAlone && text[at] is not ('=' or ':'))
            throw new FormatException($"'{Excerpt(start)}' is not a valid variable name: it contains '{text[at]}'.");
        if (name.Contains(' ', StringComparison.Ordinal))
            throw new FormatException($"the name '{name}' contains a space.");
        at += at < text.Length && !isAlone ? 1 : 0;
        return name;
    }

    private string Plain()
    {
        var start = at;
        Skip(c => c != '\n');
        var value = text[start..at];
        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? value : value[..comment]).TrimEnd();
    }

    private DotEnvStatement Quoted(string name, int line)
    {
        var (quote, start, value) = (text[at], at, new StringBuilder());
        for (at++; at < text.Length && text[at] != quote; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                value.Append(text[++at] == quote ? "" : "\\");
            value.Append(text[at]);
            Line += text[at] == '\n' ? 1 : 0;
        }
        if (at == text.Length)
        {
            Line = line;
            throw new FormatException($"the value {Excerpt(start)} has no closing quote ({quote}).");
        }
        at++;
        return quote == '\'' ? new DotEnvStatement(name, value.ToString(), true, line)
            : new DotEnvStatement(name, Escapes().Replace(value.ToString(), Unescaped), false, line);
    }

    /// <summary>A dollar that is escaped stays one; numbers are octal, and have three digits after the zero.</summary>
    private static string Unescaped(Match match) => match.Value[1] switch
    {
        '$' => "$$",
        'a' => "\a",
        'b' => "\b",
        'f' => "\f",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\v",
        '"' => "\"",
        '\\' => "\\",
        '0' when match.Length == 5 && Octal(match.Value[2..]) is { } value and < 256 => ((char)value).ToString(),
        '0' => "\\" + match.Value[2..],
        _ => match.Value,
    };

    private static int? Octal(string digits) => digits.All(c => c is >= '0' and <= '7') ? Convert.ToInt32(digits, 8) : null;

    private string Excerpt(int start)
    {
        var endOfLine = text.IndexOf('\n', start) is >= 0 and var end ? end : text.Length;
        return text[start..Math.Min(text.Length, Math.Min(start + 40, endOfLine))].TrimEnd('\r');
    }

    [GeneratedRegex(@"\Gexport[^\S\n]+")]
    private static partial Regex Export();

    [GeneratedRegex("""\\(?:[abcfnrtv$"\\]|0[0-9]{0,3})""")]
    private static partial Regex Escapes();
}
