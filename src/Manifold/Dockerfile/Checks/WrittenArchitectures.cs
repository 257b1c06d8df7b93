using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>HardcodedArch: in RUN, ADD, ENV, and as ARG's default.</summary>
/// <remarks>
/// A command that names several architectures, or asks which one it is, handles them; it is left alone. So is what stands in a stage, or a
/// file, that is for one platform by its flag or its name (<see cref="StageChains.IsForOne"/>), what has a twin for another architecture
/// beside it (<see cref="ArchitectureTwins"/>), and a word that names another machine on purpose (<see cref="ForeignWords"/>).
/// </remarks>
internal static partial class WrittenArchitectures
{
    public static void Check(TextFindings findings)
    {
        if (ArchitectureNames.NamesOneMachine(findings.Tree.FileName) || findings.Tree.Stages.Length == 0)
            return;
        var twins = new ArchitectureTwins();
        var found = new List<WrittenArchitecture>();
        // One that only FROM uses chooses a base.
        var declared = findings.Tree.Stages
            .Where(stage => !findings.Chains.IsForOne(stage))
            .SelectMany(stage => stage.Instructions)
            .OfType<ArgInstruction>()
            .SelectMany(arg => arg.Arguments)
            .Where(argument => argument.Default is null)
            .Select(argument => argument.Name)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var global in findings.Tree.GlobalArguments)
            if (Of(global, ForeignWords.None) is { } written)
            {
                twins.Add(written, stage: -1);
                if (global.Arguments.Any(argument => declared.Contains(argument.Name)))
                    found.Add(written);
            }
        findings.Chains.Walk(ForeignWords.None, (foreign, stage) =>
        {
            foreign = foreign.With(stage);
            foreach (var instruction in findings.Chains.IsForOne(stage) || findings.Results.IsTakenForOne(stage) ? [] : stage.Instructions)
                if (Of(instruction, foreign) is { } written)
                {
                    twins.Add(written, stage.Index);
                    found.Add(written);
                }
            return foreign;
        });
        foreach (var (instruction, word, _) in found.Where(each => !twins.Has(each)))
            findings.Add(Rules.HardcodedArch, instruction, $"'{word}' names one architecture, but this line is used for every platform",
                Replacement(word, instruction), word);
    }

    /// <summary>The one architecture that an instruction names, or null where it names none, or handles several.</summary>
    private static WrittenArchitecture? Of(Instruction instruction, ForeignWords foreign)
    {
        var text = Text(instruction);
        if (text.Length == 0 || ArchitectureNames.Words().Matches(text) is not { Count: > 0 } words || Asks().IsMatch(text))
            return null;
        if (words.Concat(Others().Matches(text)).Select(match => ArchitectureNames.Family(match.Value)).Distinct().Count() > 1)
            return null;
        return words.FirstOrDefault(match => !foreign.Has(text, match)) is { } word
            ? new WrittenArchitecture(instruction, word.Value, text)
            : null;
    }

    private static string Text(Instruction instruction) => instruction switch
    {
        RunInstruction run => CommandText.Of(run),
        AddInstruction add => string.Join(' ', add.Sources),
        EnvInstruction env => string.Join(' ', env.Pairs.Where(pair => !IsOfOne(pair.Key))
            .Select(pair => pair.Key is "GOOS" ? $"GOOS={pair.Value}" : pair.Value)),
        // The platform's own arguments have a rule of theirs.
        ArgInstruction arg => string.Join(' ', arg.Arguments.Where(argument => !Own().IsMatch(argument.Name) && !IsOfOne(argument.Name))
            .Select(argument => argument.Default)),
        _ => "",
    };

    /// <summary>A variable that is called after an architecture has others beside it, or is meant for that one.</summary>
    private static bool IsOfOne(string name) => name.ToLowerInvariant() is var lower
        && (ArchitectureNames.Words().IsMatch(lower) || ArchitectureNames.Words().IsMatch(lower.Replace('_', '-')));

    private static string Replacement(string word, Instruction instruction) => word switch
    {
        "x86_64" or "x86-64" or "aarch64" => instruction is RunInstruction
            ? "Use $(uname -m), or declare ARG TARGETUNAME and use $TARGETUNAME (x86_64, aarch64 …)."
            : "Declare ARG TARGETUNAME and use $TARGETUNAME (x86_64, aarch64 …).",
        "armhf" or "armel" or "ppc64el" => "Declare ARG TARGETDEBARCH and use $TARGETDEBARCH (amd64, armhf, ppc64el …).",
        "linux-x64" or "linux_x64" => "Declare ARG TARGETNODEARCH and use linux-$TARGETNODEARCH (linux-x64, linux-arm64 …).",
        _ => "Declare ARG TARGETARCH and use $TARGETARCH (amd64, arm64 …).",
    };

    [GeneratedRegex(@"^(?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|UNAME|DEBARCH|RPMARCH|TRIPLE|RID|NODEARCH)\z")]
    private static partial Regex Own();

    /// <summary>
    /// Architectures that are no finding on their own, because the words mean other things as well; beside another
    /// one they show that several are handled.
    /// </summary>
    [GeneratedRegex(@"(?<![A-Za-z0-9])(?:i[3-6]86|386|arm|ppc64|powerpc|mips)(?![A-Za-z0-9])")]
    private static partial Regex Others();

    /// <summary>A variable that is called after architectures or platforms, or a command that answers with one.</summary>
    [GeneratedRegex(
        @"\$\{?\w*(?:arch|platform|machine|uname|triple|variant)\w*|\buname\b|--print-(?:foreign-)?arch|dpkg-architecture|\$\(arch\)|`arch`|go env|--eval\b|\bxx-",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Asks();
}

/// <summary>An instruction that names one architecture.</summary>
/// <param name="Word">As it is written.</param>
/// <param name="Text">The part of the instruction that was looked at.</param>
internal sealed record WrittenArchitecture(Instruction Instruction, string Word, string Text);
