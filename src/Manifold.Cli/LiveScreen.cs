using System.Text;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Draws rows at the bottom of a terminal, and again over themselves; what is done scrolls away above them.</summary>
/// <remarks>
/// <code>
/// 1  the cursor is at the end of the last row; up to the first, counted as the terminal shows them now: a narrower one wraps them
/// 2  each is erased by itself: a terminal that is told to erase the whole screen may keep the picture in its history
/// 3  what is done, whole lines that stay
/// 4  the rows, each cut to the width, so that none wraps
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
        // What fills the last column may wrap, and behind the last row the terminal itself shows ^C.
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
