namespace Manifold.Dockerfile.Checks;

/// <summary>MaintainerDeprecated, LegacyKeyValueFormat, WorkdirRelativePath.</summary>
internal static class OldForms
{
    public static void Check(TextFindings findings)
    {
        foreach (var instruction in findings.Tree.Instructions)
        {
            if (instruction is MaintainerInstruction maintainer)
                findings.Add(Rules.MaintainerDeprecated, instruction, "MAINTAINER is deprecated",
                    $"Write LABEL org.opencontainers.image.authors=\"{maintainer.Name.Trim('"')}\"");
            else if (instruction is PairsInstruction { LegacyForm: true, Pairs: [var pair, ..] })
                findings.Add(Rules.LegacyKeyValueFormat, instruction, "the form 'key value' is deprecated",
                    $"Write {instruction.Source.Keyword} {pair.Key}={Quoted(pair.Value)}");
        }
        findings.Chains.Walk(false, (isSet, stage) => CheckFolder(findings, stage, isSet));
    }

    /// <summary>Only the first one of stages that stand on each other is judged. Returns whether there was one.</summary>
    private static bool CheckFolder(TextFindings findings, Stage stage, bool isSet)
    {
        if (stage.Instructions.OfType<WorkdirInstruction>().FirstOrDefault() is not { } workdir)
            return isSet;
        if (!isSet && !IsAbsolute(workdir.Path))
            findings.Add(Rules.WorkdirRelativePath, workdir, $"'{workdir.Path}' is relative to the working directory of the base image",
                $"Write WORKDIR /{workdir.Path.TrimStart('.', '/')}.", workdir.Path);
        return true;
    }

    /// <summary>A variable may hold either; it is taken at its word.</summary>
    private static bool IsAbsolute(string path) => path.TrimStart('"', '\'') is ['/' or '$', ..] or [_, ':', ..];

    private static string Quoted(string value) =>
        value.Length == 0 || value.Contains('"', StringComparison.Ordinal) ? "…" : value.Any(char.IsWhiteSpace) ? $"\"{value}\"" : value;
}
