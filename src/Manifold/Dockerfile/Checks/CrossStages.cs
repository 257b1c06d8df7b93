using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>UnameInCrossStage, GoBuildWithoutGoarch: stages on the build machine's platform that make something for another.</summary>
internal static partial class CrossStages
{
    public static void Check(TextFindings findings)
    {
        findings.Chains.Walk(false, (knowsTarget, stage) =>
        {
            foreach (var instruction in stage.Instructions)
            {
                knowsTarget |= NamesTarget(instruction);
                if (instruction is RunInstruction run && findings.Chains.IsOnBuildPlatform(stage))
                    Check(findings, run, knowsTarget);
            }
            return knowsTarget;
        });
    }

    private static void Check(TextFindings findings, RunInstruction run, bool knowsTarget)
    {
        var text = CommandText.Of(run);
        if (Machine().Match(text) is { Success: true } asked && !KnowsBoth().IsMatch(text))
            findings.Add(Rules.UnameInCrossStage, run, $"'{asked.Value}' answers for the machine that builds: this stage is on $BUILDPLATFORM, whatever the target is",
                "Declare ARG TARGETARCH (or TARGETUNAME: x86_64, aarch64 …) for the target, ARG BUILDARCH for tools of this stage.", asked.Value);
        if (GoBuild().IsMatch(text) && !knowsTarget)
            findings.Add(Rules.GoBuildWithoutGoarch, run, "'go build' makes a program for the machine that builds: this stage is on $BUILDPLATFORM",
                "ARG TARGETOS TARGETARCH, then RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build …", "go build");
    }

    private static bool NamesTarget(Instruction instruction) => instruction switch
    {
        EnvInstruction env => env.Pairs.Any(pair => pair.Key == "GOARCH"),
        ArgInstruction arg => arg.Arguments.Any(argument => argument.Name == "GOARCH"),
        RunInstruction run => CommandText.Of(run).Contains("GOARCH=", StringComparison.Ordinal),
        _ => false,
    };

    [GeneratedRegex(@"\buname (?:-m|-p|-a|-i|--machine)\b|\$\(arch\)|`arch`|\bdpkg --print-architecture\b|\bapk --print-arch\b|\brpm --eval '?""?%\{?_arch|\bgo env GOARCH\b")]
    private static partial Regex Machine();

    /// <summary>A command that names an argument of the platforms knows that there are two.</summary>
    [GeneratedRegex(@"\$\{?(?:TARGET|BUILD)(?:ARCH|PLATFORM|UNAME|DEBARCH|RPMARCH|TRIPLE)")]
    private static partial Regex KnowsBoth();

    [GeneratedRegex(@"(?<![\w-])go build\b")]
    private static partial Regex GoBuild();
}
