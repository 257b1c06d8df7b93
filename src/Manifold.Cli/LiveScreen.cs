using System.Text;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Draws rows at the bottom of a terminal, and redraws them in place. Finished lines scroll away above them.</summary>
/// <remarks>
/// <code>
/// 1  moves from the end of the last row to the first; a terminal that became narrower shows more rows than were drawn
/// 2  erases each row on the way, because some terminals keep a screen that is erased as a whole in their history
/// 3  writes the finished lines, which stay
/// 4  writes the rows, each cut to the width, so that none wraps
/// </code>
/// </remarks>
internal sealed class LiveScreen(bool colors, bool ascii)
{
    private const string EraseLine = "\e[2K", Up = "\e[A";

    private List<int> drawn = []; // the cells of each row

    private string last = "";

    /// <summary>What to write for the next picture; empty where nothing changed.</summary>
    /// <param name="done">Lines that are finished; those without marks are whole, however long they are.</param>
    /// <param name="rows">The rows as marked lines; none at the end.</param>
    public string Frame(IReadOnlyList<(string Text, bool Marked)> done, IReadOnlyList<string> rows, (int Width, int Height) size)
    {
        // A row that fills the last column may wrap, and the terminal itself prints ^C after the last row.
        var (whole, room) = (Math.Max(1, size.Width - 1), Math.Max(1, size.Width - 3));
        // A row that left the terminal at the top could not be erased again.
        rows = [.. rows.Take(Math.Max(1, size.Height - 1))];
        List<string> painted = [.. rows.Select(row => PaintedLine.Render(row, room, colors, ascii))];
        var picture = string.Join('\n', painted);
        if (done.Count == 0 && picture == last)
            return "";
        // 1, 2
        var text = new StringBuilder("\r").Append(EraseLine);
        var shown = drawn.Sum(cells => Math.Max(1, (cells + size.Width - 1) / size.Width));
        for (var row = 1; row < Math.Min(size.Height, shown); row++)
            text.Append(Up).Append(EraseLine);
        // 3
        foreach (var (line, marked) in done)
            text.Append(marked ? PaintedLine.Render(line, whole, colors, ascii) : ascii ? AsciiWriter.Of(line) : line).Append('\n');
        // 4
        text.Append(picture);
        last = picture;
        drawn = [.. rows.Select(row => Math.Min(room, Cells.Width(PaintedLine.Render(row, room, colors: false, ascii))))];
        return text.ToString();
    }
}
