using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>PlatformArgNotDeclared.</summary>
internal static partial class UndeclaredPlatform
{
    private static readonly ImmutableHashSet<string> Known = [.. PlatformArguments.Names, .. PlatformArguments.Spellings];

    public static void Check(TextFindings findings)
    {
        findings.Chains.Walk(ImmutableHashSet<string>.Empty, (declared, stage) =>
        {
            foreach (var instruction in stage.Instructions)
                if (instruction is RunInstruction run)
                    Check(findings, run, declared);
                else
                    declared = declared.Union(Declared(instruction).Where(Known.Contains));
            return declared;
        });
    }

    private static void Check(TextFindings findings, RunInstruction run, ImmutableHashSet<string> declared)
    {
        var text = CommandText.Of(run);
        if (!text.Contains('$', StringComparison.Ordinal))
            return;
        var names = Variables().Matches(text)
            .Where(match => !HasTrueFallback(match))
            .Select(match => match.Groups[1].Value)
            .Where(Known.Contains)
            .Distinct();
        foreach (var name in names.Where(name => !declared.Contains(name) && !IsSet(name, text)))
            findings.Add(Rules.PlatformArgNotDeclared, run, $"${name} is empty here, because no ARG in this stage declares it",
                $"Add ARG {name} to this stage, above this line.", name);
    }

    private static IEnumerable<string> Declared(Instruction instruction) => instruction switch
    {
        ArgInstruction arg => arg.Arguments.Select(argument => argument.Name),
        EnvInstruction env => env.Pairs.Select(pair => pair.Key),
        _ => [],
    };

    /// <summary>The command gives it a value itself.</summary>
    private static bool IsSet(string name, string text) =>
        Regex.IsMatch(text, $@"(?<![\w$]){name}=|\b(?:read|for|local|declare)\b[^\n;|&]*\b{name}\b");

    /// <summary>What is written for the case that it is empty is right for every image.</summary>
    private static bool HasTrueFallback(Match match) => match.Groups[2].Success
        && (match.Groups[1].Value, match.Groups[2].Value) is ("TARGETOS", "linux") or ("TARGETVARIANT", "");

    [GeneratedRegex(@"(?<!\\)\$\{?([A-Z]+)\b(?::?-([a-z]*)\})?")]
    private static partial Regex Variables();
}
