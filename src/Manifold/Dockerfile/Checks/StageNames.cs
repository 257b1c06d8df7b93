namespace Manifold.Dockerfile.Checks;

/// <summary>StageNameCasing, DuplicateStageName, ReservedStageName.</summary>
internal static class StageNames
{
    public static void Check(TextFindings findings)
    {
        var lines = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var from in findings.Tree.Stages.Select(stage => stage.From))
        {
            if (from.StageName is not { } name)
                continue;
            if (name.Any(char.IsAsciiLetterUpper))
                findings.AddAtLast(Rules.StageNameCasing, from, $"the stage name '{name}' is not lowercase",
                    $"Write {name.ToLowerInvariant()}. Stage names are not case-sensitive.", name);
            if (name.ToLowerInvariant() is "scratch" or "context")
                findings.AddAtLast(Rules.ReservedStageName, from, $"the stage name '{name}' is reserved", "Choose another stage name.",
                    name);
            if (!lines.TryAdd(name, from.Lines.First))
                findings.AddAtLast(Rules.DuplicateStageName, from, $"the stage name '{name}' is already used on line {lines[name]}",
                    "Choose another name. --from and --target find only the last stage with that name.", name);
        }
    }
}
