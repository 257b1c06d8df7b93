using System.Collections.Immutable;

namespace Manifold.Dockerfile.Parsing;

/// <summary>Turns the parts of one instruction into its typed record; reports everything that is wrong with it.</summary>
/// <remarks>A record is returned even after an error where it can be made, so that later instructions are judged as well.</remarks>
internal sealed partial class InstructionReader(char escape, DiagnosticList diagnostics)
{
    public static readonly ImmutableArray<string> Names =
        ["ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN",
            "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"];

    /// <param name="next">The physical line after the instruction and its heredocs, from 0.</param>
    public Instruction? Read(InstructionLine instruction, ImmutableArray<Heredoc> heredocs, int next)
    {
        if (instruction.Unclosed is { } flag)
        {
            diagnostics.Error(instruction.Line, flag, $"a quote in --{FlagReader.Parse(flag).Name} is not closed",
                "Close it with the same kind of quote.");
            return null;
        }
        var part = new Part(instruction, new FlagReader(instruction, diagnostics), heredocs, SourceOf(instruction, next));
        var result = instruction.Name switch
        {
            "ADD" => ReadAdd(part),
            "ARG" => ReadArg(part),
            "CMD" => new CmdInstruction { Source = part.Source, Command = ReadCommand(part, instruction.Arguments) },
            "COPY" => ReadCopy(part),
            "ENTRYPOINT" => new EntrypointInstruction { Source = part.Source, Command = ReadCommand(part, instruction.Arguments) },
            "ENV" or "LABEL" => ReadPairs(part),
            "EXPOSE" => ReadExpose(part),
            "FROM" => ReadFrom(part),
            "HEALTHCHECK" => ReadHealthcheck(part),
            "MAINTAINER" => ReadText(part, text => new MaintainerInstruction { Source = part.Source, Name = text }),
            "ONBUILD" => ReadOnbuild(part, next),
            "RUN" => ReadRun(part),
            "SHELL" => ReadShell(part),
            "STOPSIGNAL" => ReadText(part, text => new StopSignalInstruction { Source = part.Source, Signal = text }),
            "USER" => ReadText(part, text => new UserInstruction { Source = part.Source, User = text }),
            "VOLUME" => ReadVolume(part),
            "WORKDIR" => ReadText(part, text => new WorkdirInstruction { Source = part.Source, Path = text }),
            _ => Unknown(instruction),
        };
        if (result is not null)
            part.Flags.Finish();
        return result;
    }

    /// <summary>What the readers of the single instructions work on.</summary>
    private sealed record Part(InstructionLine Instruction, FlagReader Flags, ImmutableArray<Heredoc> Heredocs, InstructionSource Source)
    {
        public Word Arguments => Instruction.Arguments;
        public string Name => Instruction.Name;
    }

    private static InstructionSource SourceOf(InstructionLine instruction, int next)
    {
        var place = instruction.Line.PlaceOf(instruction.Keyword.Start, instruction.Keyword.Length);
        return new InstructionSource
        {
            Keyword = instruction.Keyword.Text,
            Place = place,
            Lines = new LineSpan(place.Line, next),
            Text = instruction.Line.Text[instruction.Keyword.Start..].TrimEnd(),
            Flags = [.. instruction.Flags.Select(FlagReader.Parse)],
            File = instruction.Line.Source,
        };
    }

    private Instruction? Unknown(InstructionLine instruction)
    {
        diagnostics.Error(instruction.Line, instruction.Keyword, $"unknown instruction: {instruction.Keyword.Text}",
            Suggestion.For(instruction.Keyword.Text, Names));
        return null;
    }

    private void Error(Part part, Word word, string message, string? hint = null) =>
        diagnostics.Error(part.Instruction.Line, word, message, hint);

    /// <summary>Reports at the keyword.</summary>
    private void Error(Part part, string message, string? hint = null) => Error(part, part.Instruction.Keyword, message, hint);
}
