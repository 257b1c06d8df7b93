namespace Manifold.Text;

/// <summary>Breaks a text between words, so that each line fits a width.</summary>
internal static class Wrapping
{
    /// <summary>The lines of one line of text. Blanks at its beginning stay, and a line is broken only at the blanks after them.</summary>
    /// <remarks>A word is never broken, because it may be a path or a command to paste. So a longer word has a line of its own.</remarks>
    /// <param name="width">The most cells of a line, with its indent.</param>
    /// <param name="indent">The blanks before each line after the first.</param>
    public static IEnumerable<string> Lines(string text, int width, int indent = 0)
    {
        var start = text.Length - text.TrimStart(' ').Length;
        while (Cells.Width(text) > width && Break(text, start, width) is > 0 and var blank)
        {
            yield return text[..blank].TrimEnd(' ');
            var rest = text[blank..].TrimStart(' ');
            if (rest.Length == 0)
                yield break;
            (text, start) = (new string(' ', indent) + rest, indent);
        }
        yield return text;
    }

    /// <summary>The last blank before which the text fits, or else the first one; -1 if there is none.</summary>
    private static int Break(string text, int start, int width)
    {
        var found = -1;
        for (var blank = text.IndexOf(' ', start); blank >= 0; blank = text.IndexOf(' ', blank + 1))
        {
            if (found >= 0 && Cells.Width(text.AsSpan(0, blank)) > width)
                break;
            found = blank;
        }
        return found;
    }
}
