using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>PlatformArgDefault: a default of TARGETARCH and its kin, which every platform's image then has.</summary>
/// <remarks>
/// Left alone: a default that is made of the real value where that can be seen, one that is the real value of every image
/// (linux, no variant), one in a file or a stage that is for one platform, one before the first FROM that nothing uses, and
/// those of the machine that builds, which make a build slower and no image wrong.
/// </remarks>
internal static partial class PlatformDefaults
{
    public static void Check(TextFindings findings)
    {
        if (ArchitectureNames.NamesOneMachine(findings.Tree.FileName))
            return;
        var everywhere = PlatformArguments.Names.ToImmutableHashSet();
        var used = PlatformArguments.Names.Concat(PlatformArguments.Spellings)
            .Where(name => IsUsed(findings.Tree, name))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var global in findings.Tree.GlobalArguments)
            Check(findings, global, everywhere, used.Contains);
        findings.Chains.Walk(ImmutableHashSet<string>.Empty, (visible, stage) =>
        {
            var isForOne = findings.Chains.IsForOne(stage);
            foreach (var arg in stage.Instructions.OfType<ArgInstruction>())
            {
                if (!isForOne)
                    Check(findings, arg, visible, _ => true);
                visible = visible.Union(arg.Arguments.Select(argument => argument.Name));
            }
            return visible;
        });
    }

    private static void Check(TextFindings findings, ArgInstruction arg, ImmutableHashSet<string> visible, Func<string, bool> isUsed)
    {
        foreach (var (name, text) in arg.Arguments)
        {
            if (text is null || !(IsTarget(name) || PlatformArguments.IsSpelling(name)) || IsTrueForAll(name, text.Trim('"', '\''))
                || IsMadeOfTheRealOne(text, visible) || !isUsed(name))
                continue;
            // A name that only Manifold gives a value may be another's own elsewhere, where its default is right.
            var rule = Rules.PlatformArgDefault with { Severity = IsTarget(name) ? Severity.Error : Severity.Warning };
            findings.Add(rule, arg, $"the default for {name} hides its real value",
                $"Write ARG {name} without a default. The build sets its value for each platform.", $"{name}={text}");
        }
    }

    /// <summary>A global argument is seen by the FROMs, by other global arguments, and by the stages that declare it again.</summary>
    private static bool IsUsed(DockerfileTree tree, string name)
    {
        var outside = tree.GlobalArguments.Cast<Instruction>().Concat(tree.Stages.Select(stage => stage.From));
        var declared = tree.Stages.SelectMany(stage => stage.Instructions).OfType<ArgInstruction>();
        return outside.Any(each => each.Source.Text.Contains("$" + name, StringComparison.Ordinal)
                || each.Source.Text.Contains("${" + name, StringComparison.Ordinal))
            || declared.Any(arg => arg.Arguments.Contains(new Argument(name, null)));
    }

    private static bool IsTarget(string name) => PlatformArguments.IsAutomatic(name) && name.StartsWith("TARGET", StringComparison.Ordinal);

    private static bool IsTrueForAll(string name, string text) => (name, text) is ("TARGETOS", "linux") or ("TARGETVARIANT", "");

    /// <summary>
    /// Where the variable is not seen yet, one without a fallback is a finding of UndefinedVar, and one with it is
    /// never more than its fallback.
    /// </summary>
    private static bool IsMadeOfTheRealOne(string text, ImmutableHashSet<string> visible) =>
        Real().Matches(text) is { Count: > 0 } real
            && real.All(match => visible.Contains(match.Groups[1].Value) || !match.Groups[2].Success);

    [GeneratedRegex(@"\$\{?(TARGET(?:PLATFORM|OS|ARCH|VARIANT))\b(:?-)?")]
    private static partial Regex Real();
}
