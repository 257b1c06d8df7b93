using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary>The build checks that need the tree alone, under the names that BuildKit gave them.</summary>
internal sealed class ParsingChecks(DockerfileTree tree, DiagnosticList diagnostics)
{
    private readonly Dictionary<string, int> stageNames = new(StringComparer.OrdinalIgnoreCase);

    public void Run()
    {
        CheckKeywordCasing();
        foreach (var stage in tree.Stages)
        {
            CheckFrom(stage);
            CheckCommands(stage);
        }
        foreach (var instruction in tree.Instructions)
            CheckOldForms(instruction);
    }

    private void CheckKeywordCasing()
    {
        var lower = tree.Instructions.Count(each => each.Source.Keyword.All(char.IsAsciiLetterLower));
        var upper = tree.Instructions.Count(each => each.Source.Keyword.All(char.IsAsciiLetterUpper));
        foreach (var instruction in tree.Instructions)
        {
            var keyword = instruction.Source.Keyword;
            var expected = lower > upper ? keyword.ToLowerInvariant() : keyword.ToUpperInvariant();
            if (keyword != expected)
                Warn("ConsistentInstructionCasing", instruction, $"'{keyword}' is not written as most instructions of this file are", $"Write {expected}.");
        }
    }

    private void CheckFrom(Stage stage)
    {
        var from = stage.From;
        if (from.Platform is "$TARGETPLATFORM" or "${TARGETPLATFORM}")
            Warn("RedundantTargetPlatform", from, $"--platform={from.Platform} is what happens without it");
        else if (from.Platform is { } platform && !platform.Contains('$', StringComparison.Ordinal))
            Warn("FromPlatformFlagConstDisallowed", from, $"--platform={platform} builds this stage for one platform only", "Use $BUILDPLATFORM, or leave it out.");
        if (stage.Name is not { } name)
            return;
        if (name.Any(char.IsAsciiLetterUpper))
            Warn("StageNameCasing", from, $"the stage name '{name}' is not in lower case");
        if (name.ToLowerInvariant() is "scratch" or "context")
            Warn("ReservedStageName", from, $"'{name}' means something else to builders; choose another stage name");
        if (!stageNames.TryAdd(name, from.Lines.First))
            Warn("DuplicateStageName", from, $"the stage name '{name}' is taken on line {stageNames[name]}");
        var keyword = from.Source.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^2];
        if (char.IsAsciiLetterUpper(keyword[0]) != char.IsAsciiLetterUpper(from.Source.Keyword[0]))
            Warn("FromAsCasing", from, $"'{keyword}' and '{from.Source.Keyword}' are written in different case");
    }

    /// <summary>Only the last CMD, ENTRYPOINT and HEALTHCHECK of a stage counts; a shell between the program and its signals is rarely wanted.</summary>
    private void CheckCommands(Stage stage)
    {
        var last = stage.Instructions.Where(each => each is CmdInstruction or EntrypointInstruction or HealthcheckInstruction)
            .GroupBy(each => each.GetType()).ToImmutableDictionary(group => group.Key, group => group.Last());
        foreach (var instruction in stage.Instructions)
            if (last.TryGetValue(instruction.GetType(), out var counts) && !ReferenceEquals(counts, instruction))
                Warn("MultipleInstructionsDisallowed", instruction, $"has no effect: line {counts.Lines.First} says it anew");

        if (stage.Instructions.Any(each => each is ShellInstruction))
            return;
        foreach (var instruction in stage.Instructions)
            if (instruction is CmdInstruction { Command: { IsExec: false, Words.IsEmpty: false } }
                or EntrypointInstruction { Command: { IsExec: false, Words.IsEmpty: false } })
                Warn("JSONArgsRecommended", instruction, "the shell form keeps signals from the program", "Write a JSON array, or set SHELL.");
    }

    private void CheckOldForms(Instruction instruction)
    {
        if (instruction is MaintainerInstruction)
            Warn("MaintainerDeprecated", instruction, "MAINTAINER is out of use", "LABEL org.opencontainers.image.authors=…");
        else if (instruction is PairsInstruction { LegacyForm: true } pairs)
            Warn("LegacyKeyValueFormat", instruction, "the form 'key value' is out of use", $"{instruction.Source.Keyword} {pairs.Pairs[0].Key}=…");
    }

    private void Warn(string rule, Instruction instruction, string message, string? hint = null) =>
        diagnostics.Warn(rule, instruction.Source.Place, message, hint);
}
