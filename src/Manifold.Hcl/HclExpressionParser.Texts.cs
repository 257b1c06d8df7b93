using System.Text;

namespace Manifold.Hcl;

/// <summary>Strings in quotes, and heredocs.</summary>
internal sealed partial class HclExpressionParser
{
    public HclExpression Quoted()
    {
        var start = cursor.At++;
        var parts = new HclTemplateParser(cursor, new TemplateForm { IsQuoted = true, End = cursor.Text.Length }).Parts();
        if (cursor.Peek != '"')
            throw new HclException("the string has no closing quote on its line", cursor.Span(start, 1),
                "For a multi-line string, use a heredoc: <<EOT");
        cursor.At++;
        return HclTemplateParser.Join(parts, cursor.SpanFrom(start));
    }

    private HclExpression Heredoc()
    {
        var start = cursor.At;
        cursor.At += 2;
        var isIndented = cursor.Peek == '-';
        if (isIndented)
            cursor.At++;
        var marker = cursor.TakeName() ?? throw cursor.Wrong("expected an end marker after <<");
        if (cursor.Peek == '\r')
            cursor.At++;
        if (cursor.Peek != '\n')
            throw cursor.Wrong($"expected the end of the line after <<{marker}");
        cursor.At++;
        var (end, after) = EndOf(marker, start);
        var indent = isIndented ? Indent(cursor.Text.AsSpan(cursor.At, end - cursor.At)) : 0;
        var parts = new HclTemplateParser(cursor, new TemplateForm { End = end, Indent = indent }).Parts();
        cursor.At = after;
        return HclTemplateParser.Join(parts, cursor.SpanFrom(start), unwraps: false);
    }

    /// <summary>The end of the text, and the end of the line that ends it.</summary>
    private (int End, int After) EndOf(string marker, int start)
    {
        for (var line = cursor.At; line < cursor.Text.Length;)
        {
            var end = cursor.Text.IndexOf('\n', line) is >= 0 and var found ? found : cursor.Text.Length;
            if (cursor.Text.AsSpan(line, end - line).Trim().SequenceEqual(marker))
                return (line, cursor.Text[end - 1] == '\r' ? end - 1 : end);
            line = end + 1;
        }
        throw new HclException($"the heredoc is not closed. Expected a line '{marker}'", cursor.Span(start, 2 + marker.Length));
    }

    /// <summary>The number of blanks that all lines begin with.</summary>
    /// <remarks>Blank lines do not count, nor do lines whose blanks a <c>~}</c> before them removes.</remarks>
    private static int Indent(ReadOnlySpan<char> text)
    {
        var (least, counts) = (int.MaxValue, true);
        foreach (var line in text.EnumerateLines())
        {
            if (counts && !line.IsWhiteSpace())
                least = Math.Min(least, line.Length - line.TrimStart().Length);
            counts = !line.TrimEnd().EndsWith("~}");
        }
        return least == int.MaxValue ? 0 : least;
    }

    internal static char? Escape(char letter) => letter switch
    {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' or '\\' => letter,
        _ => null,
    };

    internal static string Unicode(int code) => new Rune(code).ToString();
}
