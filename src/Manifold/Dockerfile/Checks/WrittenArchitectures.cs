using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>HardcodedArch: in RUN, ADD, ENV, and as ARG's default.</summary>
/// <remarks>
/// A command that names several architectures, or asks which one it is, handles them; it is left alone. So is what stands in a stage, or a file, that is
/// for one platform by its flag or its name.
/// </remarks>
internal static partial class WrittenArchitectures
{
    public static void Check(TextFindings findings)
    {
        if (Words().IsMatch(Path.GetFileName(findings.Tree.FileName)))
            return;
        // One that only FROM uses chooses a base.
        var declared = findings.Tree.Stages.SelectMany(stage => stage.Instructions).OfType<ArgInstruction>()
            .SelectMany(arg => arg.Arguments).Where(argument => argument.Default is null).Select(argument => argument.Name)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var global in findings.Tree.GlobalArguments.Where(global => global.Arguments.Any(argument =>
            declared.Contains(argument.Name))))
            Check(findings, global);
        findings.Chains.Walk(false, (isForOne, stage) =>
        {
            isForOne |= findings.Chains.HasFixedPlatform(stage) || Words().IsMatch(stage.Name ?? "") || Words().IsMatch(stage.From.Image);
            foreach (var instruction in isForOne ? [] : stage.Instructions)
                Check(findings, instruction);
            return isForOne;
        });
    }

    private static void Check(TextFindings findings, Instruction instruction)
    {
        if (Text(instruction) is not { } text || Words().Matches(text) is not { Count: > 0 } found || Asks().IsMatch(text))
            return;
        if (found.Select(match => Family(match.Value)).Distinct().Count() > 1)
            return;
        var word = found[0].Value;
        findings.Add(Rules.HardcodedArch, instruction, $"'{word}' is one architecture, and is written out for all", Replacement(word, instruction), word);
    }

    private static string? Text(Instruction instruction) => instruction switch
    {
        RunInstruction run => CommandText.Of(run),
        AddInstruction add => string.Join(' ', add.Sources),
        EnvInstruction env => string.Join(' ', env.Pairs.Select(pair => pair.Value)),
        // The platform's own arguments have a rule of theirs.
        ArgInstruction arg => string.Join(' ', arg.Arguments.Where(argument => !Own().IsMatch(argument.Name))
            .Select(argument => argument.Default)),
        _ => null,
    };

    private static string Family(string word) => word switch
    {
        "amd64" or "x86_64" or "x86-64" or "linux-x64" or "linux_x64" => "amd64",
        "arm64" or "aarch64" => "arm64",
        "ppc64le" or "ppc64el" => "ppc64le",
        _ when word.StartsWith("arm", StringComparison.Ordinal) => "arm",
        _ => word,
    };

    private static string Replacement(string word, Instruction instruction) => word switch
    {
        "x86_64" or "x86-64" or "aarch64" => instruction is RunInstruction
            ? "Use $(uname -m), or declare ARG TARGETUNAME and use $TARGETUNAME (x86_64, aarch64 …)." : "Declare ARG TARGETUNAME and use $TARGETUNAME (x86_64, aarch64 …).",
        "armhf" or "armel" or "ppc64el" => "Declare ARG TARGETDEBARCH and use $TARGETDEBARCH (amd64, armhf, ppc64el …).",
        "linux-x64" or "linux_x64" => "Declare ARG TARGETNODEARCH and use linux-$TARGETNODEARCH (linux-x64, linux-arm64 …).",
        _ => "Declare ARG TARGETARCH and use $TARGETARCH (amd64, arm64 …).",
    };

    [GeneratedRegex(@"(?<![A-Za-z0-9])(?:amd64|x86_64|x86-64|aarch64|arm64|armhf|armel|armv[5-8]l?|ppc64le|ppc64el|s390x|riscv64|loong64|loongarch64|mips64le|mips64el|linux[-_]x64)(?![A-Za-z0-9])")]
    private static partial Regex Words();

    [GeneratedRegex(@"^(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|UNAME|DEBARCH|RPMARCH|TRIPLE|RID|NODEARCH)$")]
    private static partial Regex Own();

    /// <summary>A variable that is called after architectures or platforms, or a command that answers with one.</summary>
    [GeneratedRegex(@"\$\{?\w*(?:arch|platform|machine|uname|triple|variant)\w*|\buname\b|--print-(?:foreign-)?arch|dpkg-architecture|\$\(arch\)|`arch`|go env|--eval\b|\bxx-", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Asks();
}
