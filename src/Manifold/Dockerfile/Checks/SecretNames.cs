using System.Text.RegularExpressions;

namespace Manifold.Dockerfile.Checks;

/// <summary>SecretsUsedInArgOrEnv. It goes by the names, by the words that BuildKit has.</summary>
internal static partial class SecretNames
{
    public static void Check(TextFindings findings)
    {
        foreach (var instruction in findings.Tree.Stages.SelectMany(stage => stage.Instructions))
            foreach (var name in Names(instruction).Where(name => Secret().IsMatch(name) && !Harmless().IsMatch(name)))
                findings.Add(Rules.SecretsUsedInArgOrEnv, instruction,
                    $"the value of '{name}' stays in the {(instruction is ArgInstruction ? "image's history" : "image")}, "
                        + "where anyone can read it",
                    "Pass it only to the RUN that needs it: RUN --mount=type=secret,id=….", name);
    }

    private static IEnumerable<string> Names(Instruction instruction) => instruction switch
    {
        ArgInstruction arg => arg.Arguments.Select(argument => argument.Name),
        EnvInstruction env => env.Pairs.Select(pair => pair.Key),
        _ => [],
    };

    [GeneratedRegex(@"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|\z)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    [GeneratedRegex(@"(?:_|^)(?:public|file|version)(?:_|\z)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Harmless();
}
