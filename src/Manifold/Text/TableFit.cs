using System.Text.RegularExpressions;

namespace Manifold.Text;

/// <summary>Makes the rows of a table fit a terminal: digests have 12 digits there, and long cells are cut.</summary>
internal static partial class TableFit
{
    private const int Gap = 2, LeastCells = 8;

    // What people type again, or what tells rows apart.
    private static readonly string[] Whole =
        ["BUILD", "PLATFORM", "SIZE", "SIZE A", "SIZE B", "CHANGE", "UNPACKED A", "UNPACKED B", "TIME", "TIME A", "TIME B", "CACHED"];

    /// <param name="lines">The rows, each with the same number of cells. The first row has the headings, if there are any.</param>
    /// <param name="width">The terminal's columns; null for a pipe or a file, which gets everything.</param>
    private static List<string[]> Fit(IEnumerable<string[]> lines, int? width, bool hasHeadings)
    {
        if (width is not { } room)
            return [.. lines];
        List<string[]> fitted = [.. lines.Select(row => row.Select(Short).ToArray())];
        if (fitted.Count == 0)
            return fitted;
        var widths = Enumerable.Range(0, fitted[0].Length).Select(column => fitted.Max(row => Cells.Width(row[column]))).ToArray();
        var headings = hasHeadings ? fitted[0] : [.. widths.Select(_ => "")];
        while (widths.Sum() + Gap * (widths.Length - 1) > room && Widest(headings, widths) is { } column)
            widths[column]--;
        return [.. fitted.Select(row => row.Select((cell, column) => Cells.Cut(cell, widths[column])).ToArray())];
    }

    /// <summary>The rows as lines, two blanks between columns. On a terminal they fit.</summary>
    public static IEnumerable<string> Lines(IEnumerable<string[]> rows, int? width, bool hasHeadings = true)
    {
        var lines = Fit(rows, width, hasHeadings);
        if (lines.Count == 0)
            return [];
        // Scripts have always found the columns of a pipe by characters.
        Func<string, int> measure = width is null ? cell => cell.Length : cell => Cells.Width(cell);
        var widths = lines[0].Select((_, column) => lines.Max(row => measure(row[column]))).ToArray();
        return lines.Select(row => Line(string.Join("  ", row.Select((cell, column) => column == row.Length - 1
            ? cell : cell + new string(' ', Math.Max(0, widths[column] - measure(cell))))), width));
    }

    /// <summary>The text with 12 digits of each digest, as long as that is needed to fit.</summary>
    public static string Line(string text, int? width) =>
        width is not { } room || Cells.Width(text) <= room ? text : Cells.Cut(Short(text), room);

    private static string Short(string text) => DigestPattern().Replace(text, "$1");

    private static int? Widest(string[] headings, int[] widths)
    {
        var (found, most) = ((int?)null, 0);
        for (var column = 0; column < widths.Length; column++)
        {
            if (widths[column] >= most && widths[column] > Math.Max(LeastCells, headings[column].Length)
                && !Whole.Contains(headings[column]))
                (found, most) = (column, widths[column]);
        }
        return found;
    }

    [GeneratedRegex(@"\bsha(?:256|512):([0-9a-f]{12})[0-9a-f]{52,116}\b")]
    private static partial Regex DigestPattern();
}
