using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>UndefinedVar.</summary>
internal static class UndefinedVariables
{
    public static void Check(PlanFindings findings)
    {
        foreach (var stage in findings.Stages)
            foreach (var (instruction, scope) in findings.Scopes.Of(stage))
            {
                var words = Words(instruction).Select(word => Expansion.Expand(word, scope.Find, findings.Tree.Escape));
                var names = words.Concat(Texts(instruction).Select(text => Expansion.ExpandText(text, scope.Find)))
                    .SelectMany(each => each.Unset).Distinct();
                foreach (var name in names.Where(name => !findings.IsFull && !IsDeclared(scope, name)))
                    findings.Add(Rules.UndefinedVar, instruction, $"the variable '${name}' is not defined", Hint(name, scope), name);
            }
    }

    /// <summary>A declared argument without a value may be given one; a proxy's needs no declaration.</summary>
    private static bool IsDeclared(Scope scope, string name) =>
        scope.Arguments.Any(argument => argument.Key == name) || PredefinedArguments.IsProxy(name);

    private static string Hint(string name, Scope scope)
    {
        if (Manifold.Dockerfile.PlatformArguments.IsAutomatic(name) || Manifold.Dockerfile.PlatformArguments.IsSpelling(name))
            return $"Add ARG {name} to this stage, before the variable is used.";
        var known = scope.Arguments.Select(argument => argument.Key).Concat(scope.Environment.Select(entry => entry.Split('=')[0]));
        return Suggestion.For(name, known) ?? $"Declare it first: ARG {name}=…";
    }

    /// <summary>The here-documents of an instruction in which variables are replaced.</summary>
    private static IEnumerable<string> Texts(Instruction instruction) =>
        instruction is FilesInstruction files ? files.Heredocs.Where(heredoc => heredoc.Expand).Select(heredoc => heredoc.Text) : [];

    /// <summary>The words of an instruction in which variables are replaced.</summary>
    private static IEnumerable<string> Words(Instruction instruction) => instruction switch
    {
        FilesInstruction files =>
        [
            .. files.Sources, files.Destination,
            .. new[] { files.Chown, files.Chmod, (files as AddInstruction)?.Checksum }.OfType<string>(),
        ],
        PairsInstruction pairs => pairs.Pairs.SelectMany(pair => new[] { pair.Key, pair.Value }),
        ExposeInstruction expose => expose.Ports,
        StopSignalInstruction signal => [signal.Signal],
        UserInstruction user => [user.User],
        VolumeInstruction volume => volume.Paths,
        WorkdirInstruction workdir => [workdir.Path],
        RunInstruction run => run.Mounts.Select(mount => mount.Text),
        _ => [],
    };
}
