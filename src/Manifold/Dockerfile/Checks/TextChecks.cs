using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary>The build checks that need the text alone.</summary>
internal static class TextChecks
{
    private static readonly ImmutableArray<Action<TextFindings>> Checks =
    [
        Spelling.Check, StageNames.Check, StagePlatforms.Check, BaseNames.Check,
        LastCommands.Check, OldForms.Check, Ports.Check, SecretNames.Check, Descriptions.Check,
        PlatformDefaults.Check, LastStage.Check, UndeclaredPlatform.Check, WrittenArchitectures.Check, CrossStages.Check,
    ];

    public static void Run(DockerfileTree tree, DiagnosticList diagnostics)
    {
        var findings = new TextFindings(tree, diagnostics);
        foreach (var check in Checks)
            check(findings);
    }
}
