using System.Buffers;
using System.Text;

namespace Manifold.Text;

/// <summary>
/// A line that a program printed, as a terminal would finally show it:
/// without escape sequences, and what was overwritten is gone.
/// </summary>
/// <remarks>
/// A RUN may print anything: titles, cursor movements, links, the clipboard (OSC 52). All of that is left out, and the text stays readable.
/// Colours and weights (SGR, <c>ESC [ … m</c>) may be kept where a terminal shows them: they end with the line. Of a progress bar its last
/// state is kept, of an overstruck letter the last one. What is not part of a sequence and not seen is escaped by
/// <see cref="ForeignText"/>. Source: ECMA-48, sections 5.4 (control sequences), 5.6 (control strings) and 8.3.117 (SGR).
/// </remarks>
internal static class ProgramOutput
{
    private const char Escape = '\e', Bell = '\a', StringTerminator = '\u009c';
    private const string Reset = "\e[0m";

    private static readonly SearchValues<char> ColourParameters = SearchValues.Create("0123456789;:");

    /// <param name="colours">Keeps colours and weights. The result must then be written past a <see cref="ForeignTextWriter"/>.</param>
    public static string Line(string line, bool colours = false)
    {
        if (!line.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return line;
        var shown = new StringBuilder(line.Length);
        var (painted, letters) = (false, 0); // where the letters begin that a backspace takes back
        for (var rest = line.AsSpan().TrimEnd('\r'); !rest.IsEmpty;) // at the end, they overwrite nothing
        {
            var length = SequenceLength(rest, out var isColour);
            if (length > 0 && isColour && colours)
            {
                shown.Append(Escape).Append('[').Append(rest[(rest[0] == Escape ? 2 : 1)..length]);
                (painted, letters) = (true, shown.Length);
            }
            else if (length == 0 && rest[0] is '\r' or '\b')
            {
                if (rest[0] == '\b' && shown.Length > letters)
                    shown.Length -= shown.Length > letters + 1 && char.IsLowSurrogate(shown[^1]) ? 2 : 1;
                else if (rest[0] == '\r')
                    (painted, letters, _) = (false, 0, shown.Clear());
                length = 1;
            }
            else if (length == 0)
                length = ForeignText.Append(shown, rest, keepsLines: true);
            rest = rest[length..];
        }
        return painted ? shown.Append(Reset).ToString() : shown.ToString();
    }

    /// <summary>The length of the escape sequence at the start of a text, or 0. One that does not end takes the rest of the line.</summary>
    private static int SequenceLength(ReadOnlySpan<char> text, out bool isColour)
    {
        isColour = false;
        var (kind, begin) = text switch
        {
            [Escape] => ('\0', 1),
            [Escape, var second, ..] => (second, 2),
            [>= '\u0080' and <= '\u009f' and var c1, ..] => ((char)(c1 - 0x40), 1), // eight-bit forms of the same
            _ => ('\0', 0),
        };
        switch (kind)
        {
            case '[':
                var parameters = text[begin..].IndexOfAnyExceptInRange(' ', '?');
                isColour = parameters >= 0 && text[begin + parameters] == 'm'
                    && !text.Slice(begin, parameters).ContainsAnyExcept(ColourParameters);
                return parameters < 0 ? text.Length : begin + parameters + (text[begin + parameters] is >= '@' and <= '~' ? 1 : 0);
            case ']' or 'P' or 'X' or '^' or '_':
                return begin + StringLength(text[begin..]);
            case >= ' ' and <= '/':
                var final = text[begin..].IndexOfAnyExceptInRange(' ', '/');
                return final < 0 ? text.Length : begin + final + 1;
            default:
                return begin > 1 && kind is < ' ' or > '~' ? 1 : begin;
        }
    }

    private static int StringLength(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is Bell or StringTerminator)
                return i + 1;
            if (text[i] == Escape)
                return text[i..] is [_, '\\', ..] ? i + 2 : i; // another sequence ends it as well
        }
        return text.Length;
    }
}
