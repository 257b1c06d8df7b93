using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>One instruction's text, joined from its physical lines, which remembers where each part came from.</summary>
internal sealed class LogicalLine
{
    private readonly SourceText source;
    private readonly ImmutableArray<Piece> pieces;

    private LogicalLine(SourceText source, string text, ImmutableArray<Piece> pieces) =>
        (this.source, Text, this.pieces) = (source, text, pieces);

    private readonly record struct Piece(int Offset, int Line, int Column);

    public string Text { get; }

    public SourceText Source => source;

    /// <summary>The first physical line, from 0.</summary>
    public int First => pieces[0].Line;

    /// <summary>The physical line after the last one.</summary>
    public int Next { get; private init; }

    /// <summary>The first of the blank lines inside the continuation, or null.</summary>
    public int? BlankLine { get; private init; }

    /// <summary>Joins the lines from <paramref name="first"/> on, which is neither blank nor a comment.</summary>
    /// <remarks>
    /// As BuildKit does it: a line continues where its last character before blanks is the escape character, unless another one stands
    /// before that; comment lines and blank lines inside are skipped; the first line loses its indentation, the others keep it.
    /// </remarks>
    public static LogicalLine Join(SourceText source, int first, char escape)
    {
        var text = new StringBuilder();
        var pieces = ImmutableArray.CreateBuilder<Piece>();
        int? blank = null;
        var next = first;
        for (var more = true; more && next < source.Count; next++)
        {
            var line = source.Line(next);
            var trimmed = line.TrimStart();
            if (next > first && (trimmed.IsEmpty || trimmed[0] == '#'))
            {
                blank ??= trimmed.IsEmpty ? next : null;
                continue;
            }
            var part = next == first ? trimmed : line;
            pieces.Add(new Piece(text.Length, next, line.Length - part.Length));
            more = Continues(ref part, escape);
            text.Append(part);
        }
        return new LogicalLine(source, text.ToString(), pieces.ToImmutable()) { Next = next, BlankLine = blank };
    }

    /// <summary>The place of a part of <see cref="Text"/>; a part that runs over several lines is cut at the first one's end.</summary>
    public Place PlaceOf(int start, int length)
    {
        var (low, high) = (0, pieces.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = pieces[middle].Offset <= start ? (middle, high) : (low, middle - 1);
        }
        var piece = pieces[low];
        var end = low + 1 < pieces.Length ? pieces[low + 1].Offset : Text.Length;
        return source.PlaceOf(piece.Line, piece.Column + start - piece.Offset, Math.Max(1, Math.Min(length, end - start)));
    }

    private static bool Continues(ref ReadOnlySpan<char> line, char escape)
    {
        var end = line.TrimEnd(" \t");
        if (end.IsEmpty || end[^1] != escape || (end.Length > 1 && end[^2] == escape))
            return false;
        line = end[..^1];
        return true;
    }
}
