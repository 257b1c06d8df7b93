using Manifold.Oci;

namespace Manifold.Dockerfile.Checks;

/// <summary>RedundantTargetPlatform and FromPlatformFlagConstDisallowed.</summary>
internal static class StagePlatforms
{
    public static void Check(TextFindings findings)
    {
        foreach (var from in findings.Tree.Stages.Select(stage => stage.From))
        {
            if (from.Platform is "$TARGETPLATFORM" or "${TARGETPLATFORM}")
                findings.Add(Rules.RedundantTargetPlatform, from, $"--platform={from.Platform} is the default", "Remove it.",
                    $"--platform={from.Platform}");
            else if (from.Platform is { } text
                && !text.Contains('$', StringComparison.Ordinal)
                && Platform.TryParse(text, out var platform)
                && !IsNamedAfter(from, platform))
                findings.Add(Rules.FromPlatformFlagConstDisallowed, from, $"--platform={text} builds this stage for one platform only",
                    "Use $BUILDPLATFORM, or remove the flag. If the stage is for one platform on purpose, put the platform in its name.",
                    $"--platform={text}");
        }
    }

    /// <summary>As BuildKit has it: a stage called after its platform is meant to be for that one.</summary>
    private static bool IsNamedAfter(FromInstruction from, Platform platform) => from.StageName?.ToLowerInvariant() is { } name
        && (name.Contains(platform.Os, StringComparison.Ordinal) || name.Contains(platform.Architecture, StringComparison.Ordinal));
}
