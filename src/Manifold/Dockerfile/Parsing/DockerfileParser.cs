using System.Collections.Immutable;
using Manifold.Dockerfile.Checks;

namespace Manifold.Dockerfile.Parsing;

/// <summary>Reads a Dockerfile. Pure; never throws; reports all that is wrong at once.</summary>
/// <remarks>
/// <code>
///   bytes ─1─> physical lines ─2─> directives at the top
///                             ─3─> logical lines ─4─> keyword, flags, arguments ─5─> heredocs ─6─> Instruction ─7─> stages
/// </code>
/// 1. UTF-8, a byte-order mark and CRLF taken away. 2. <see cref="DirectiveReader"/>. 3. <see cref="LogicalLine"/> joins continuations.
/// 4. <see cref="InstructionLine"/>. 5. The lines up to each announced word. 6. <see cref="InstructionReader"/>, one method per
/// instruction.
/// 7. FROM begins a stage; then <see cref="TextChecks"/>. Costs one pass over the text. Reference: BuildKit's frontend, syntax
/// <c>docker/dockerfile:1</c>.
/// </remarks>
internal static class DockerfileParser
{
    /// <param name="checks">What is wanted of the build checks, whatever the file's directive says; null leaves it to the
    /// directive.</param>
    public static ParsedDockerfile Parse(string fileName, ReadOnlySpan<byte> content, CheckOptions? checks = null) =>
        content.Length > Limits.DockerfileBytes ? TooLarge(fileName) : Parse(SourceText.Decode(fileName, content), checks);

    public static ParsedDockerfile Parse(string fileName, string text, CheckOptions? checks = null) =>
        text.Length > Limits.DockerfileBytes ? TooLarge(fileName) : Parse(new SourceText(fileName, text), checks);

    private static ParsedDockerfile Parse(SourceText source, CheckOptions? checks) =>
        new DockerfilePass(source, new DiagnosticList(source), checks).Run();

    private static ParsedDockerfile TooLarge(string fileName)
    {
        var nothing = new SourceText(fileName, "");
        var diagnostics = new DiagnosticList(nothing);
        diagnostics.Error(nothing.PlaceOf(0, 0, 1), $"the Dockerfile is larger than {Limits.DockerfileBytes} bytes");
        return new DockerfilePass(nothing, diagnostics, null).Run();
    }
}

/// <summary>The pass over one file; the numbers are those of <see cref="DockerfileParser"/>.</summary>
internal sealed class DockerfilePass(SourceText source, DiagnosticList diagnostics, CheckOptions? checks)
{
    private readonly ImmutableArray<Instruction>.Builder instructions = ImmutableArray.CreateBuilder<Instruction>();
    private readonly ImmutableArray<LocalCheck>.Builder localChecks = ImmutableArray.CreateBuilder<LocalCheck>();

    public ParsedDockerfile Run()
    {
        var directives = DirectiveReader.Read(source, diagnostics, out var escape); // 2
        var reader = new InstructionReader(escape, diagnostics);
        CheckOptions? local = null;
        for (var line = 0; line < source.Count && !diagnostics.IsFull;)
        {
            var trimmed = source.Line(line).TrimStart();
            if (trimmed.IsEmpty || trimmed[0] == '#')
            {
                local = trimmed.IsEmpty || line < directives.Length ? null : LocalCheck.Read(trimmed) ?? local;
                line++;
                continue;
            }
            var next = ReadInstruction(reader, line, escape);
            if (local is not null)
                localChecks.Add(new LocalCheck(new LineSpan(line + 1, next), local));
            (line, local) = (next, null);
        }
        return Assemble(directives, escape);
    }

    /// <summary>Reads the instruction that begins on a line, and returns the line after it.</summary>
    private int ReadInstruction(InstructionReader reader, int line, char escape)
    {
        var logical = LogicalLine.Join(source, line, escape); // 3
        if (logical.BlankLine is { } blank)
            diagnostics.Add(Rules.NoEmptyContinuation, source.PlaceOf(blank, 0, 1), "blank line in a continued instruction",
                "Remove it, or write a comment there. Blank lines will be an error in a future release.");
        if (string.IsNullOrWhiteSpace(logical.Text))
            return logical.Next;
        var instruction = InstructionLine.Split(logical); // 4
        var heredocs = ReadHeredocs(instruction, logical.Next, out var next); // 5
        if (reader.Read(instruction, heredocs, next) is { } read) // 6
            instructions.Add(read);
        return next;
    }

    private ImmutableArray<Heredoc> ReadHeredocs(InstructionLine instruction, int first, out int next)
    {
        next = first;
        if (!CanHaveHeredocs(instruction))
            return [];
        var heredocs = ImmutableArray.CreateBuilder<Heredoc>();
        foreach (var announced in Heredoc.In(instruction.Line.Text))
        {
            var start = next;
            while (next < source.Count && !Ends(announced, next))
                next++;
            if (next == source.Count)
            {
                var at = Math.Max(0, instruction.Line.Text.IndexOf("<<", StringComparison.Ordinal));
                diagnostics.Error(instruction.Line.PlaceOf(at, instruction.Line.Text.Length - at),
                    $"the heredoc '{announced.Name}' is not closed",
                    $"Add a line that contains only {announced.Name}.");
            }
            heredocs.Add(announced with { Content = source.Between(start, next) });
            next = Math.Min(next + 1, source.Count);
        }
        return heredocs.ToImmutable();
    }

    private bool Ends(Heredoc heredoc, int line) =>
        (heredoc.StripTabs ? source.Line(line).TrimStart('\t') : source.Line(line)).SequenceEqual(heredoc.Name);

    private static bool CanHaveHeredocs(InstructionLine instruction)
    {
        var carrier = instruction.Name == "ONBUILD" ? InstructionLine.Split(instruction.Line, instruction.Arguments) : instruction;
        return carrier.Name is "RUN" or "COPY" or "ADD" && JsonArray.Read(carrier.Arguments.Text, out _) == JsonArray.Form.NotJson;
    }

    private ParsedDockerfile Assemble(ImmutableArray<ParserDirective> directives, char escape) // 7
    {
        var all = instructions.ToImmutable();
        var starts = Enumerable.Range(0, all.Length).Where(i => all[i] is FromInstruction).ToArray();
        var stages = starts.Select((start, index) => new Stage
        {
            Index = index,
            From = (FromInstruction)all[start],
            Instructions = all[(start + 1)..(index + 1 < starts.Length ? starts[index + 1] : all.Length)],
        });
        var before = all[..(starts.Length > 0 ? starts[0] : all.Length)];
        foreach (var early in before.Where(each => each is not ArgInstruction))
            diagnostics.Error(early.Source.Place, $"{early.Source.Keyword.ToUpperInvariant()} comes before the first FROM",
                "Only ARG can come before FROM.");
        if (starts.Length == 0 && !diagnostics.HasErrors)
            diagnostics.Error(source.PlaceOf(0, 0, 1), all.IsEmpty ? "the file has no instructions" : "the file has no FROM",
                "Begin the file with FROM image or FROM scratch.");
        RequireBounds(all, starts.Length);
        var tree = new DockerfileTree
        {
            FileName = source.FileName,
            Escape = escape,
            Directives = directives,
            Instructions = all,
            Stages = [.. stages],
            GlobalArguments = [.. before.OfType<ArgInstruction>()],
            LocalChecks = localChecks.ToImmutable(),
            Checks = checks ?? ReadChecks(directives),
        };
        TextChecks.Run(tree, diagnostics);
        return new ParsedDockerfile { Tree = tree, Diagnostics = tree.Heed(diagnostics.ToImmutable()) };
    }

    /// <summary>Bounds that no honest file meets, so that whatever is done with the tree ends soon.</summary>
    private void RequireBounds(ImmutableArray<Instruction> all, int stages)
    {
        var variables =
            all.Sum(each => each switch { EnvInstruction env => env.Pairs.Length, ArgInstruction arg => arg.Arguments.Length, _ => 0 });
        foreach (var (count, most, what) in new[] { (stages, Limits.DockerfileStages, "stages"),
            (all.Length, Limits.DockerfileInstructions, "instructions"), (variables, Limits.DockerfileVariables, "variables") })
            if (count > most)
                diagnostics.Error(source.PlaceOf(0, 0, 1), $"the Dockerfile has {count} {what}, and the limit is {most}");
    }

    private CheckOptions ReadChecks(ImmutableArray<ParserDirective> directives)
    {
        if (directives.FirstOrDefault(each => each.Name == "check") is not { } directive)
            return CheckOptions.None;
        var options = CheckOptions.Parse(directive.Value);
        foreach (var problem in options.Problems)
        {
            var place =
                source.PlaceOf(directive.Line - 1, Math.Max(0, source.Line(directive.Line - 1).IndexOf(problem.Part)), problem.Part.Length);
            if (problem.IsWarning)
                diagnostics.Add(Rules.UnknownRule, place, problem.Message, problem.Hint);
            else
                diagnostics.Error(place, problem.Message, problem.Hint);
        }
        return options;
    }
}
