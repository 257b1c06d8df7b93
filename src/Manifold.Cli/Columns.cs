using Manifold.Text;

namespace Manifold.Cli;

/// <summary>
/// Rows under headings, each column as wide as its widest cell; the last one is not padded. Fit for a terminal and for awk.
/// </summary>
/// <remarks>A row is one line, whatever its cells hold.</remarks>
internal static class Columns
{
    /// <summary>On a terminal the rows fit its width; a pipe or a file gets everything.</summary>
    public static void Write(CliContext context, IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        foreach (var line in TableFit.Lines(rows.Prepend(headings).Select(row => row.Select(ForeignText.Line).ToArray()), context.OutWidth))
            context.Out.WriteLine(line);
    }
}
