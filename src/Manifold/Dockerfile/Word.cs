using System.Collections.Immutable;
using System.Text;

namespace Manifold.Dockerfile;

/// <summary>A part of a logical line: its meaning, and where it stands.</summary>
internal readonly record struct Word(string Text, int Start, int Length)
{
    private const string Blanks = " \t\v\f\r";

    /// <summary>Splits at blanks and nowhere else: FROM, EXPOSE, COPY, ADD, VOLUME.</summary>
    public static ImmutableArray<Word> SplitAtBlanks(Word text)
    {
        var words = ImmutableArray.CreateBuilder<Word>();
        for (var at = 0; at < text.Text.Length;)
        {
            var length = text.Text.AsSpan(at).IndexOfAny(Blanks);
            length = length < 0 ? text.Text.Length - at : length;
            if (length > 0)
                words.Add(text.Part(at, length));
            at += length + 1;
        }
        return words.ToImmutable();
    }

    /// <summary>Splits at blanks outside quotes, and keeps quotes and escapes for the expansion: ENV, LABEL, ARG.</summary>
    public static ImmutableArray<Word> SplitQuoted(Word text, char escape)
    {
        var words = ImmutableArray.CreateBuilder<Word>();
        for (var at = 0; at < text.Text.Length; at++)
        {
            if (char.IsWhiteSpace(text.Text[at]))
                continue;
            var end = EndOfQuoted(text.Text, at, escape, out var dangling);
            if (end - dangling > at)
                words.Add(text.Part(at, end - at) with { Text = text.Text[at..(end - dangling)] });
            at = end;
        }
        return words.ToImmutable();
    }

    /// <summary>Reads one word whose quotes and backslashes are taken away, as flags have it; ends at a blank outside quotes.</summary>
    public static Word ReadFlag(string text, int start, out bool isClosed)
    {
        var word = new StringBuilder();
        var quote = '\0';
        var at = start;
        for (; at < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[at])); at++)
        {
            var c = text[at];
            if (c == quote)
                quote = '\0';
            else if (quote == '\0' && c is '\'' or '"')
                quote = c;
            else if (c != '\\')
                word.Append(c);
            else if (++at < text.Length)
                word.Append(text[at]);
        }
        isClosed = quote == '\0';
        at = Math.Min(at, text.Length);
        return new Word(word.ToString(), start, at - start);
    }

    public Word Part(int start, int length) => new(Text.Substring(start, length), Start + start, length);

    public Word From(int start) => Part(start, Text.Length - start);

    private static int EndOfQuoted(string text, int at, char escape, out int dangling)
    {
        dangling = 0;
        for (var quote = '\0'; at < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[at])); at++)
        {
            var c = text[at];
            if (c == escape && quote != '\'')
                dangling = ++at < text.Length ? 0 : 1; // an escape character that escapes nothing is dropped
            else if (c == quote)
                quote = '\0';
            else if (quote == '\0' && c is '\'' or '"')
                quote = c;
        }
        return Math.Min(at, text.Length);
    }
}
