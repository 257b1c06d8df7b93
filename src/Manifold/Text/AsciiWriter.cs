using System.Text;

namespace Manifold.Text;

/// <summary>
/// Writes for a terminal that shows only ASCII: Manifold's own signs become words,
/// and everything else that is not ASCII becomes a question mark.
/// </summary>
/// <remarks>Thread-safe; the target is not disposed.</remarks>
internal sealed class AsciiWriter : TextWriter
{
    private readonly TextWriter target;

    public AsciiWriter(TextWriter target) : base(target.FormatProvider)
    {
        this.target = target;
        CoreNewLine = ['\n'];
    }

    public override Encoding Encoding => target.Encoding;

    /// <summary>Whether the environment names a character set other than UTF-8. Without one, UTF-8 is assumed.</summary>
    public static bool IsNeeded(Func<string, string?> variable)
    {
        var locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG");
        return locale is not null && !locale.Contains("utf-8", StringComparison.OrdinalIgnoreCase)
            && !locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The text in ASCII.</summary>
    public static string Of(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
                result.Append((char)rune.Value);
            else
                result.Append(Word((char)(rune.IsBmp ? rune.Value : 0)));
        }
        return result.ToString();
    }

    public override void Write(char value) => target.Write(Of(value.ToString()));

    public override void Write(string? value) => target.Write(Of(value ?? ""));

    public override void Write(char[] buffer, int index, int count) => target.Write(Of(new string(buffer, index, count)));

    public override void Write(ReadOnlySpan<char> buffer) => target.Write(Of(buffer.ToString()));

    public override void WriteLine() => target.Write('\n');

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void Flush() => target.Flush();

    private static string Word(char sign) => sign switch
    {
        '…' => "...",
        '✓' => "ok",
        '✗' or '✕' or '×' => "x",
        '→' => "->",
        '−' or '–' or '—' => "-",
        '±' => "+-",
        '·' or '•' => "*",
        '│' => "|",
        '‘' or '’' => "'",
        '“' or '”' => "\"",
        _ => "?",
    };
}
