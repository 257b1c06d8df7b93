using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Rows under headings, each column as wide as its widest cell; the last one is not padded. Fit for a terminal and for awk.</summary>
/// <remarks>A row is one line, whatever its cells hold.</remarks>
internal static class Columns
{
    /// <summary>On a terminal the rows fit its width; a pipe or a file gets everything.</summary>
    public static void Write(CliContext context, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var lines = TableFit.Fit(rows.Prepend(headings).Select(row => row.Select(ForeignText.Line).ToArray()), context.OutWidth);
        var widths = headings.Select((_, column) => lines.Max(row => Cells.Width(row[column]))).ToArray();
        foreach (var row in lines)
        {
            var line = string.Join("  ", row.Select((cell, column) => column == row.Length - 1 ? cell : Cells.Pad(cell, widths[column])));
            context.Out.WriteLine(TableFit.Line(line, context.OutWidth));
        }
    }
}
