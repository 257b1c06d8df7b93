namespace Manifold.Dockerfile.Checks;

/// <summary>ConsistentInstructionCasing, FromAsCasing.</summary>
internal static class Spelling
{
    public static void Check(TextFindings findings)
    {
        var keywords = findings.Tree.Stages.SelectMany(stage => stage.Instructions.Prepend(stage.From)).ToList();
        var lower = keywords.Count(each => IsLower(each.Source.Keyword));
        var upper = keywords.Count(each => IsUpper(each.Source.Keyword));
        foreach (var instruction in keywords)
        {
            var keyword = instruction.Source.Keyword;
            var expected = lower > upper ? keyword.ToLowerInvariant() : keyword.ToUpperInvariant();
            if (keyword != expected)
                findings.Add(Rules.ConsistentInstructionCasing, instruction,
                    $"'{keyword}' does not match the casing of most instructions in this file", $"Write {expected}.");
        }
        foreach (var stage in findings.Tree.Stages)
            CheckAs(findings, stage.From);
    }

    /// <summary>A FROM of mixed case is a finding already.</summary>
    private static void CheckAs(TextFindings findings, FromInstruction from)
    {
        var words = from.Source.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (from.StageName is null || words.Length < 4)
            return;
        var (keyword, with) = (from.Source.Keyword, words[^2]);
        if (IsLower(keyword) ? !IsLower(with) : IsUpper(keyword) && !IsUpper(with))
            findings.AddAtLast(Rules.FromAsCasing, from, $"'{with}' and '{keyword}' use different casing",
                $"Write {(IsLower(keyword) ? "as" : "AS")}.", with);
    }

    private static bool IsLower(string word) => !word.Any(char.IsUpper);

    private static bool IsUpper(string word) => !word.Any(char.IsLower);
}
