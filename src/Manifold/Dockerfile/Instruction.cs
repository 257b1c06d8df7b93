using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>First and last line of something in a file, from 1.</summary>
internal readonly record struct LineSpan(int First, int Last);

/// <summary>A flag as it was written, without its dashes; the value is null where there was no <c>=</c>.</summary>
internal sealed record InstructionFlag(string Name, string? Value);

/// <summary>Where an instruction stands and how it was written.</summary>
internal sealed record InstructionSource
{
    /// <summary>The keyword as it was written, e.g. <c>from</c>.</summary>
    public required string Keyword { get; init; }

    /// <summary>From the keyword's line to the last line, heredocs included.</summary>
    public required LineSpan Lines { get; init; }

    /// <summary>The instruction on one line: continuations joined, comments within left out, heredocs not included.</summary>
    public required string Text { get; init; }

    /// <summary>The place of the keyword.</summary>
    public required Place Place { get; init; }

    /// <summary>The flags in the order in which they were written, quotes taken away.</summary>
    public required ImmutableArray<InstructionFlag> Flags { get; init; }

    internal SourceText? File { get; init; }

    /// <summary>Where a word of it stands first, as a whole word and on one line; the keyword's place where it does not.</summary>
    public Place PlaceOf(string? word) => string.IsNullOrEmpty(word) || File is null
        ? Place
        : File.Find(word, Place, Lines) ?? File.Find(word, Place, Lines, underscores: false) ?? Place;

    /// <summary>The line of a place in it, cut to what fits a screen, and the column where the cut begins.</summary>
    public (string Text, int Column) Excerpt(Place place) => File?.Excerpt(place) ?? (Text, 1);

    /// <summary>The next place of a word after one, or null.</summary>
    internal Place? PlaceAfter(string word, Place place) => File?.Find(word, place, Lines with { First = place.Line });
}

/// <summary>One instruction. Its words are as they were written: variables and quotes wait for <see cref="Expansion"/>.</summary>
/// <remarks>A closed family: its members are all in this folder, so a <c>switch</c> over them is complete.</remarks>
internal abstract record Instruction
{
    private protected Instruction()
    {
    }

    public required InstructionSource Source { get; init; }

    public LineSpan Lines => Source.Lines;
}

/// <summary><c>FROM [--platform=…] image [AS name]</c></summary>
internal sealed record FromInstruction : Instruction
{
    public required string? Platform { get; init; }
    public required string Image { get; init; }

    /// <summary>As it was written; names are compared without regard to case.</summary>
    public required string? StageName { get; init; }
}

/// <summary><c>ARG name[=default] …</c></summary>
internal sealed record ArgInstruction : Instruction
{
    public required ImmutableArray<Argument> Arguments { get; init; }
}

/// <param name="Default">Null where none was given, which is not the same as an empty one.</param>
internal sealed record Argument(string Name, string? Default);

internal sealed record KeyValue(string Key, string Value);

/// <summary>ENV and LABEL.</summary>
internal abstract record PairsInstruction : Instruction
{
    private protected PairsInstruction()
    {
    }

    public required ImmutableArray<KeyValue> Pairs { get; init; }

    /// <summary>Written <c>key value</c>: one pair, whose value goes to the line's end.</summary>
    public required bool LegacyForm { get; init; }
}

internal sealed record EnvInstruction : PairsInstruction;

internal sealed record LabelInstruction : PairsInstruction;

internal sealed record WorkdirInstruction : Instruction
{
    public required string Path { get; init; }
}

internal sealed record UserInstruction : Instruction
{
    public required string User { get; init; }
}

internal sealed record VolumeInstruction : Instruction
{
    public required ImmutableArray<string> Paths { get; init; }
}

internal sealed record ExposeInstruction : Instruction
{
    /// <summary><c>port[-port][/protocol]</c></summary>
    public required ImmutableArray<string> Ports { get; init; }
}

internal sealed record StopSignalInstruction : Instruction
{
    public required string Signal { get; init; }
}

internal sealed record MaintainerInstruction : Instruction
{
    public required string Name { get; init; }
}

/// <summary><c>ONBUILD instruction</c>: runs in the images that are built from this one.</summary>
internal sealed record OnbuildInstruction : Instruction
{
    public required Instruction Trigger { get; init; }

    /// <summary>The trigger as the image's config keeps it, heredocs included.</summary>
    public required string Expression { get; init; }
}
