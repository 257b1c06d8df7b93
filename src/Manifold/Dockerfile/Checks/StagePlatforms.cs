using Manifold.Oci;

namespace Manifold.Dockerfile.Checks;

/// <summary>RedundantTargetPlatform, FromPlatformFlagConstDisallowed, FinalStageOnBuildPlatform.</summary>
internal static class StagePlatforms
{
    public static void Check(TextFindings findings)
    {
        foreach (var from in findings.Tree.Stages.Select(stage => stage.From))
        {
            if (from.Platform is "$TARGETPLATFORM" or "${TARGETPLATFORM}")
                findings.Add(Rules.RedundantTargetPlatform, from, $"--platform={from.Platform} is what happens without it", "Leave it out.", $"--platform={from.Platform}");
            else if (from.Platform is { } text && !text.Contains('$', StringComparison.Ordinal) && Platform.TryParse(text, out var platform) && !IsNamedAfter(from, platform))
                findings.Add(Rules.FromPlatformFlagConstDisallowed, from, $"--platform={text} builds this stage for one platform only",
                    "Use $BUILDPLATFORM, or leave it out; a stage that is meant for one platform carries it in its name.", $"--platform={text}");
        }
        CheckLast(findings);
    }

    /// <summary>As BuildKit has it: a stage called after its platform is meant to be for that one.</summary>
    private static bool IsNamedAfter(FromInstruction from, Platform platform) => from.StageName?.ToLowerInvariant() is { } name
        && (name.Contains(platform.Os, StringComparison.Ordinal) || name.Contains(platform.Architecture, StringComparison.Ordinal));

    private static void CheckLast(TextFindings findings)
    {
        if (findings.Tree.Stages is not [.., var last] || !findings.Chains.IsOnBuildPlatform(last))
            return;
        var cause = findings.Chains.Of(last).First(stage => stage.From.Platform is not null);
        var (message, at) = ReferenceEquals(cause, last)
            ? ("the last stage stands on the platform of the machine that builds, so every image gets that machine's programs", $"--platform={last.From.Platform}")
            : ($"the last stage stands on '{cause.Name}', which is for the machine that builds (line {cause.From.Lines.First}), so every image gets that machine's programs", last.From.Image);
        findings.Add(Rules.FinalStageOnBuildPlatform, last.From, message, "Begin the last stage without --platform, and take what was built with COPY --from.", at);
    }
}
