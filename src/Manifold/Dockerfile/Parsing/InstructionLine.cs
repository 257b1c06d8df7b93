using System.Collections.Immutable;

namespace Manifold.Dockerfile.Parsing;

/// <summary>One instruction's parts: keyword, flags, and the rest.</summary>
internal sealed record InstructionLine
{
    public required LogicalLine Line { get; init; }
    public required Word Keyword { get; init; }

    /// <summary>Words that begin with <c>--</c> before the arguments, quotes taken away.</summary>
    public required ImmutableArray<Word> Flags { get; init; }

    /// <summary>The rest without blanks around it.</summary>
    public required Word Arguments { get; init; }

    /// <summary>A flag whose quote is not closed, and which so took all the rest; null where there is none.</summary>
    public Word? Unclosed { get; private init; }

    public string Name => Keyword.Text.ToUpperInvariant();

    public static InstructionLine Split(LogicalLine line) => Split(line, new Word(line.Text, 0, line.Text.Length));

    /// <summary>Splits a part of a line, which is how ONBUILD has its instruction.</summary>
    public static InstructionLine Split(LogicalLine line, Word part)
    {
        var text = line.Text;
        var end = part.Start + part.Length;
        var start = SkipBlanks(text, part.Start, end);
        var keywordEnd = start;
        while (keywordEnd < end && !char.IsWhiteSpace(text[keywordEnd]))
            keywordEnd++;

        Word? unclosed = null;
        var flags = ImmutableArray.CreateBuilder<Word>();
        var at = SkipBlanks(text, keywordEnd, end);
        while (at + 1 < end && text[at] == '-' && text[at + 1] == '-')
        {
            var flag = Word.ReadFlag(text, at, out var isClosed);
            unclosed ??= isClosed ? null : flag;
            at = SkipBlanks(text, at + flag.Length, end);
            if (flag.Text == "--")
                break;
            flags.Add(flag);
        }
        var argumentsEnd = text.AsSpan(0, end).TrimEnd().Length;
        return new InstructionLine
        {
            Line = line,
            Keyword = Slice(text, start, keywordEnd),
            Flags = flags.ToImmutable(),
            Arguments = Slice(text, at, Math.Max(at, argumentsEnd)),
            Unclosed = unclosed,
        };
    }

    private static Word Slice(string text, int start, int end) => new(text[start..end], start, end - start);

    private static int SkipBlanks(string text, int at, int end)
    {
        while (at < end && char.IsWhiteSpace(text[at]))
            at++;
        return at;
    }
}
