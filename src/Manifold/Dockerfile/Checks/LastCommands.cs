namespace Manifold.Dockerfile.Checks;

/// <summary>MultipleInstructionsDisallowed, JSONArgsRecommended.</summary>
internal static class LastCommands
{
    public static void Check(TextFindings findings)
    {
        foreach (var stage in findings.Tree.Stages)
            foreach (var same in stage.Instructions.Where(each => each is CmdInstruction or EntrypointInstruction or HealthcheckInstruction)
                .GroupBy(each => each.GetType()))
                foreach (var instruction in same.SkipLast(1))
                    findings.Add(Rules.MultipleInstructionsDisallowed, instruction,
                        $"{instruction.Source.Keyword} has no effect, because line {same.Last().Lines.First} overrides it",
                        "Only the last one in a stage takes effect. Remove this one.");
        findings.Chains.Walk(false, (hasShell, stage) => CheckForms(findings, stage, hasShell));
    }

    /// <summary>Who has chosen a shell wants one. Returns whether somebody has.</summary>
    private static bool CheckForms(TextFindings findings, Stage stage, bool hasShell)
    {
        foreach (var instruction in stage.Instructions)
        {
            hasShell |= instruction is ShellInstruction;
            var command = (instruction as CmdInstruction)?.Command ?? (instruction as EntrypointInstruction)?.Command;
            if (!hasShell && command is { IsExec: false, Words.IsEmpty: false })
                findings.Add(Rules.JSONArgsRecommended, instruction, "in shell form, the program does not receive signals",
                    $"Write {instruction.Source.Keyword} [\"program\", \"argument\"], or set the shell with SHELL.");
        }
        return hasShell;
    }
}
