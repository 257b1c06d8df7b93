using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>FinalStageOnBuildPlatform.</summary>
/// <remarks>
/// Left alone is what becomes nobody's image: a stage that checks or generates something, by its name or because it stands
/// on another one and starts nothing. So is one that has no programs of its base, scratch, and one on Windows.
/// </remarks>
internal static partial class LastStage
{
    public static void Check(TextFindings findings)
    {
        if (findings.Tree.Stages is not [.., var last]
            || !findings.Chains.IsOnBuildPlatform(last)
            || findings.Chains.IsOnWindows(last)
            || IsWork(findings, last))
            return;
        var under = findings.Chains.Of(last).TakeWhile(stage => stage.From.Platform is null).ToList();
        var cause = findings.Chains.Of(last).First(stage => stage.From.Platform is not null);
        if (!MakesAnImage(findings, last, [.. under, cause]))
            return;
        var (message, at) = ReferenceEquals(cause, last)
            ? ("the last stage uses the platform of the build machine, so every image gets programs for that machine",
                $"--platform={last.From.Platform}")
            : ($"the last stage is based on '{cause.Name}', which uses the platform of the build machine (line {cause.From.Lines.First}), "
                + "so every image gets programs for that machine",
                last.From.Image);
        findings.Add(Rules.FinalStageOnBuildPlatform, last.From, message,
            "Begin the last stage without --platform, and copy the build results with COPY --from.", at);
    }

    private static bool IsWork(TextFindings findings, Stage last) =>
        Work().IsMatch(last.Name ?? "") || Work().IsMatch(Path.GetFileName(findings.Tree.FileName));

    /// <summary>The stage is started, or takes what another stage has made; or it is all that the file has.</summary>
    private static bool MakesAnImage(TextFindings findings, Stage last, Stage[] stages)
    {
        var instructions = stages.SelectMany(stage => stage.Instructions).ToList();
        if (findings.Chains.BaseOf(last).Equals("scratch", StringComparison.OrdinalIgnoreCase))
            return false;
        return instructions.Any(each => each is CmdInstruction or EntrypointInstruction or ExposeInstruction)
            || (last.From.Platform is not null
                && (findings.Tree.Stages.Length == 1 || last.Instructions.Any(each => each is CopyInstruction { From: not null })));
    }

    [GeneratedRegex(
        @"^dev(?:container)?\z|"
        + @"(?<![a-z0-9])(?:"
        + @"lint(?:er|ing)?|tests?|testing|unit|validate|validation|verify|checks?|fmt|format|"
        + @"vendor|vendored|generate|generated|codegen|docs?|outdated|update"
        + @")(?![a-z0-9])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Work();
}
