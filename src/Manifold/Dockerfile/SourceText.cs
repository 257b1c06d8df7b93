using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>The physical lines of a file, numbered from 0, and the places in it.</summary>
internal sealed class SourceText
{
    private const int ExcerptWidth = 160;

    private readonly string text;
    private readonly ImmutableArray<int> starts;

    public SourceText(string fileName, string text)
    {
        (FileName, this.text) = (fileName, text.StartsWith('\uFEFF') ? text[1..] : text);
        var found = ImmutableArray.CreateBuilder<int>();
        for (var start = 0; start < this.text.Length;)
        {
            found.Add(start);
            var end = this.text.IndexOf('\n', start);
            start = end < 0 ? this.text.Length : end + 1;
        }
        starts = found.ToImmutable();
    }

    public string FileName { get; }

    public int Count => starts.Length;

    /// <summary>The line as it stands, with its line ending.</summary>
    public ReadOnlySpan<char> Raw(int line) =>
        text.AsSpan(starts[line]..(line + 1 < starts.Length ? starts[line + 1] : text.Length));

    /// <summary>The line without its line ending, be it LF or CRLF.</summary>
    public ReadOnlySpan<char> Line(int line) => Raw(line).TrimEnd("\r\n");

    /// <summary>The lines from one up to another, as they stand.</summary>
    public string Between(int first, int end) => first >= end ? "" : text[starts[first]..(end < starts.Length ? starts[end] : text.Length)];

    /// <summary>Decodes UTF-8; what is not UTF-8 becomes U+FFFD, as in every builder.</summary>
    public static SourceText Decode(string fileName, ReadOnlySpan<byte> bytes) => new(fileName, Encoding.UTF8.GetString(bytes));

    public Place PlaceOf(int line, int column, int length) => new(FileName, line + 1, column + 1, length);

    /// <summary>The place of the first U+0000; null where there is none.</summary>
    public Place? FindNullCharacter()
    {
        var at = text.IndexOf('\0');
        if (at < 0)
            return null;
        var line = starts.BinarySearch(at) is >= 0 and var exact ? exact : ~starts.BinarySearch(at) - 1;
        return PlaceOf(line, at - starts[line], 1);
    }

    /// <summary>
    /// The first place of a word from another place on; letters and digits do not go on before or after it. Comment lines do not count.
    /// </summary>
    /// <param name="underscores">Whether they are letters, as in names of variables.</param>
    public Place? Find(string word, Place from, LineSpan lines, bool underscores = true)
    {
        for (var line = lines.First - 1; line < Math.Min(lines.Last, Count); line++)
        {
            var text = Line(line);
            var start = line == from.Line - 1 ? from.Column - 1 + from.Length : 0;
            if (line > from.Line - 1 && text.TrimStart().StartsWith("#"))
                continue;
            for (; start <= text.Length && text[start..].IndexOf(word) is var at and >= 0; start += at + 1)
                if (IsWhole(text, start + at, word.Length, underscores))
                    return PlaceOf(line, start + at, word.Length);
        }
        return null;
    }

    private static bool IsWhole(ReadOnlySpan<char> text, int start, int length, bool underscores)
    {
        var end = start + length;
        return (start == 0 || !IsPart(text[start]) || !IsPart(text[start - 1]))
            && (end == text.Length || !IsPart(text[end - 1]) || !IsPart(text[end]));

        bool IsPart(char c) => char.IsLetterOrDigit(c) || (underscores && c == '_');
    }

    /// <summary>The line of a place, cut to what fits a screen, and the column where the cut begins.</summary>
    public (string Text, int Column) Excerpt(Place place)
    {
        var line = place.Line <= Count ? Line(place.Line - 1) : "";
        var from = place.Column <= ExcerptWidth ? 0 : place.Column - 1 - ExcerptWidth / 2;
        from = Math.Clamp(from, 0, line.Length);
        return (line.Slice(from, Math.Min(ExcerptWidth, line.Length - from)).ToString(), from + 1);
    }
}
