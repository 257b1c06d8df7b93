using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Rows under headings, each column as wide as its widest cell; the last one is not padded. Fit for a terminal and for awk.</summary>
/// <remarks>A row is one line, whatever its cells hold.</remarks>
internal static class Columns
{
    public static void Write(TextWriter output, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        List<string[]> lines = [.. rows.Prepend(headings).Select(row => row.Select(ForeignText.Line).ToArray())];
        var widths = headings.Select((_, column) => lines.Max(row => row[column].Length)).ToArray();
        foreach (var row in lines)
            output.WriteLine(string.Join("  ",
                row.Select((cell, column) => column == row.Length - 1 ? cell : cell.PadRight(widths[column]))));
    }
}
