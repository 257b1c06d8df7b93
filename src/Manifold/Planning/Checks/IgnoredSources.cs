using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>CopyIgnoredFile.</summary>
internal static class IgnoredSources
{
    public static void Check(PlanFindings findings)
    {
        if (findings.Facts.Ignored is not { IsEmpty: false } rules)
            return;
        foreach (var stage in findings.Stages)
            foreach (var (files, word, path) in ContextSources.Of(findings, stage))
                if (IsLeftOut(rules, path) is { } rule)
                    findings.Add(Rules.CopyIgnoredFile, files, $"'{word}' is not in the build context: {rule} excludes it",
                        "Add a line that starts with '!' to include it, or do not copy it.", word);
    }

    /// <summary>The rule that leaves out a path and all below it, or null where something may be left.</summary>
    private static IgnoreRule? IsLeftOut(IgnoreRules rules, string path)
    {
        if (path.Length == 0)
            return rules.TakesInAny ? null : rules.LeavesOutEverything;
        var match = rules.Match(path);
        var mayHoldSome = FilePattern.HasWildcards(path) ? rules.TakesInAny : rules.MayContainIncluded(path, match);
        return match.Excluded && !mayHoldSome ? match.Rule : null;
    }
}
