namespace Manifold.Dockerfile.Checks;

/// <summary>InvalidDefinitionDescription.</summary>
internal static class Descriptions
{
    public static void Check(TextFindings findings)
    {
        if (!findings.Tree.Checks.Wants(Rules.InvalidDefinitionDescription))
            return;
        foreach (var instruction in findings.Tree.Instructions)
        {
            if (instruction is FromInstruction { StageName: { } stage })
                Check(findings, instruction, [stage], stage);
            else if (instruction is ArgInstruction { Arguments: var arguments })
                Check(findings, instruction, [.. arguments.Select(argument => argument.Name)], arguments is [var only] ? only.Name : "NAME");
        }
    }

    private static void Check(TextFindings findings, Instruction instruction, string[] names, string example)
    {
        if (instruction.Source.Comment is { } comment && !names.Contains(comment.Split(' ')[0]))
            findings.Add(Rules.InvalidDefinitionDescription, instruction, $"the comment above is taken for a description, and does not begin with '{example}'",
                $"Write # {example} and what it is, or leave a line empty between the two.");
    }
}
