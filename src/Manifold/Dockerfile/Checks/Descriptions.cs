using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary>
/// InvalidDefinitionDescription: the comment right above a stage or an argument is its description,
/// and begins with its name.
/// </summary>
/// <remarks>
/// Source: BuildKit, instructions.validateDefinitionDescription. A blank line between the two, or an empty comment, says
/// that the comment is not meant so; that a blank line does is what BuildKit's page of the rule says, and its parser does
/// not do.
/// </remarks>
internal static class Descriptions
{
    public static void Check(TextFindings findings)
    {
        if (!findings.Tree.Checks.Requested.Any())
            return;
        foreach (var instruction in findings.Tree.Instructions)
            if (Names(instruction) is [var first, ..] names
                && CommentAbove(findings.Tree, instruction) is { } comment
                && !names.Contains(comment.Split(' ')[0]))
            {
                var expected = names.Length == 1 ? $"'{first}'" : "the name of one of the arguments";
                findings.Add(Rules.InvalidDefinitionDescription, instruction, $"the comment above does not begin with {expected}",
                    $"Write '# {(names.Length == 1 ? first : "NAME")} description', or put an empty line below the comment.");
            }
    }

    private static ImmutableArray<string> Names(Instruction instruction) => instruction switch
    {
        FromInstruction { StageName: { } name } => [name],
        ArgInstruction arg => [.. arg.Arguments.Select(argument => argument.Name)],
        _ => [],
    };

    /// <summary>As BuildKit cuts it: the line without its first character and without blanks.</summary>
    private static string? CommentAbove(DockerfileTree tree, Instruction instruction)
    {
        var line = instruction.Lines.First - 1;
        if (line < 1 || tree.Directives.Any(directive => directive.Line == line) || instruction.Source.File is not { } file)
            return null;
        var text = file.Line(line - 1);
        return text.TrimStart().StartsWith("#") && text[1..].Trim() is { IsEmpty: false } comment ? comment.ToString() : null;
    }
}
