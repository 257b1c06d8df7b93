using System.Text;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One line of text with marks, as a terminal gets it: painted, and cut to its width.</summary>
/// <remarks>
/// Marks are <c>[red]…[/]</c> with a color, <c>bold</c>, <c>cut</c> or <c>rest</c>. A bracket in the text is doubled. If the line is too
/// long, text marked <c>cut</c> is shortened, so that the text after it stays visible. Text marked <c>rest</c> gets the space that is left.
/// </remarks>
internal static class PaintedLine
{
    private const string Reset = "\e[0m", Cut = "cut", Rest = "rest";
    private const int LeastCut = 12; // a shorter name says nothing

    private static readonly Dictionary<string, string> Codes = new(StringComparer.Ordinal)
    {
        ["bold"] = "\e[1m",
        ["red"] = "\e[31m",
        ["green"] = "\e[32m",
        ["yellow"] = "\e[33m",
        ["blue"] = "\e[34m",
        ["grey"] = "\e[90m",
        [Cut] = "",
        [Rest] = "",
    };

    private sealed record Span(string Text, string[] Marks);

    /// <summary>A text from outside as part of a marked line. Its brackets are doubled, so that they are not taken for marks.</summary>
    public static string Foreign(string text) =>
        ForeignText.Line(text).Replace("[", "[[", StringComparison.Ordinal).Replace("]", "]]", StringComparison.Ordinal);

    public static string Render(string line, int width, bool colors, bool ascii)
    {
        var spans = Read(line).Select(span => ascii ? span with { Text = AsciiWriter.Of(span.Text) } : span).ToList();
        var ellipsis = ascii ? AsciiWriter.Of(Cells.Ellipsis) : Cells.Ellipsis;
        ellipsis = ellipsis[..Math.Clamp(width, 0, ellipsis.Length)];
        var over = spans.Where(span => !span.Marks.Contains(Rest)).Sum(span => Cells.Width(span.Text)) - width;
        if (over > 0)
            spans = [.. spans.Where(span => !span.Marks.Contains(Rest)).Select(span => span.Marks.Contains(Cut)
                ? span with { Text = Cells.Cut(span.Text, Math.Max(LeastCut, Cells.Width(span.Text) - over), ellipsis) } : span)];
        var room = spans.Sum(span => Cells.Width(span.Text)) <= width ? width : width - ellipsis.Length;
        var text = new StringBuilder();
        foreach (var span in spans)
        {
            var part = Cells.Cut(span.Text, room, "");
            var isCut = part.Length < span.Text.Length;
            var codes = colors ? string.Concat(span.Marks.Select(mark => Codes[mark])) : "";
            text.Append(codes).Append(part).Append(isCut ? ellipsis : "").Append(codes.Length > 0 ? Reset : "");
            if (isCut)
                break;
            room -= Cells.Width(part);
        }
        return text.ToString();
    }

    private static List<Span> Read(string line)
    {
        var (spans, marks, text) = (new List<Span>(), new Stack<string>(), new StringBuilder());
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] is '[' or ']' && i + 1 < line.Length && line[i + 1] == line[i])
                text.Append(line[i++]);
            else if (line[i] == '[' && line.IndexOf(']', i) is > 0 and var end)
            {
                Flush();
                var mark = line[(i + 1)..end];
                if (mark == "/")
                    marks.Pop();
                else
                    marks.Push(mark);
                i = end;
            }
            else
                text.Append(line[i]);
        }
        Flush();
        return spans;

        void Flush()
        {
            if (text.Length > 0)
                spans.Add(new Span(text.ToString(), [.. marks.Reverse()]));
            text.Clear();
        }
    }
}
