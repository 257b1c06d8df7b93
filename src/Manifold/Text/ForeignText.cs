using System.Globalization;
using System.Text;

namespace Manifold.Text;

/// <summary>Text that others wrote (labels, file names, answers of servers, output of programs), made safe to show to people.</summary>
/// <remarks>
/// A terminal acts on what is printed: it moves the cursor, fills the clipboard, or shows a text in another order than it has. So every
/// character that is not seen is shown as its JSON escape, such as <c>\u001b</c>. JSON that passes through here therefore stays JSON and
/// keeps its content to the letter. Escaped are control characters (C0, DEL, C1), format characters (marks and overrides of the writing
/// direction, zero-width characters, tags) but for the two joiners that emoji and Persian need, line and paragraph separators, and halves
/// of surrogate pairs. Source: Unicode Standard Annex #9; "Trojan Source", CVE-2021-42574; ECMA-48.
/// </remarks>
internal static class ForeignText
{
    private const char ZeroWidthNonJoiner = '\u200c', ZeroWidthJoiner = '\u200d';

    /// <summary>
    /// The text with its line ends and tabs, and everything else that is not seen escaped.
    /// A Windows line end becomes a line end.
    /// </summary>
    public static string Lines(string text) => Escaped(text, keepsLines: true);

    /// <summary>The text as one line, for a cell of a table or a line of a log: line ends and tabs are escaped too.</summary>
    public static string Line(string text) => Escaped(text, keepsLines: false);

    /// <summary>Whether a character must not be printed as it is; line ends and tabs count as such.</summary>
    internal static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => rune.Value is not (ZeroWidthNonJoiner or ZeroWidthJoiner),
        _ => false,
    };

    /// <summary>Appends the escape of one UTF-16 code unit.</summary>
    internal static void AppendEscape(StringBuilder text, char unit)
    {
        _ = unit switch
        {
            '\n' => text.Append("\\n"),
            '\r' => text.Append("\\r"),
            '\t' => text.Append("\\t"),
            _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
        };
    }

    private static string Escaped(string text, bool keepsLines)
    {
        if (!NeedsWork(text))
            return text;
        var result = new StringBuilder(text.Length + 16);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
            rest = rest[Append(result, rest, keepsLines)..];
        return result.ToString();
    }

    // Most texts are plain ASCII; they are not copied.
    private static bool NeedsWork(string text) => text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Appends the first character of a text and returns how many code units it took.</summary>
    internal static int Append(StringBuilder result, ReadOnlySpan<char> text, bool keepsLines)
    {
        if (keepsLines && text is ['\n' or '\t', ..])
            result.Append(text[0]);
        else if (keepsLines && text is ['\r', '\n', ..])
            return Append(result, text[1..], keepsLines) + 1;
        else if (Rune.DecodeFromUtf16(text, out var rune, out var length) != System.Buffers.OperationStatus.Done)
            AppendEscape(result, text[0]); // half of a surrogate pair: a byte of a file's name that is no UTF-8
        else if (IsUnseen(rune))
        {
            foreach (var unit in text[..length])
                AppendEscape(result, unit);
            return length;
        }
        else
        {
            result.Append(text[..length]);
            return length;
        }
        return 1;
    }
}
