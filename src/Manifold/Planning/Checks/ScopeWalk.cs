using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>The variables before each instruction of a stage, as the planner has them.</summary>
internal sealed class ScopeWalk(CheckedBuild build, StageGraph graph)
{
    private readonly Dictionary<int, Scope?> ends = [];

    /// <summary>Each instruction with the variables that it sees; nothing where the environment of the stage's base is not known.</summary>
    public IEnumerable<(Instruction Instruction, Scope Scope)> Of(Stage stage)
    {
        if (Ground(stage) is not { } scope)
            yield break;
        var triggers = graph.InstructionsOf(stage).SkipLast(stage.Instructions.Length);
        scope = triggers.Aggregate(scope, After);
        foreach (var instruction in stage.Instructions)
        {
            yield return (instruction, scope);
            scope = After(scope, instruction);
        }
        ends[stage.Index] = scope;
    }

    public string Expand(string word, Scope scope) => Expansion.Expand(word, scope.Find, build.Tree.Escape).Text;

    private Scope? Ground(Stage stage) => graph.GroundOf(stage) switch
    {
        StageGround.Earlier earlier => End(earlier.Stage),
        StageGround.Image image => build.Facts.Bases.GetValueOrDefault((image.Reference, image.Platform)) is { } found
            ? new Scope { Environment = found.Config.Config?.Env ?? [] }
            : null,
        StageGround.Scratch => new Scope { Environment = [StagePlans.DefaultPath] },
        _ => null,
    };

    private Scope? End(Stage stage)
    {
        if (ends.TryGetValue(stage.Index, out var end))
            return end;
        ends[stage.Index] = null;
        foreach (var _ in Of(stage))
        {
        }
        return ends[stage.Index];
    }

    private Scope After(Scope scope, Instruction instruction)
    {
        switch (instruction)
        {
            case EnvInstruction env:
                var before = scope;
                return env.Pairs.Aggregate(scope,
                    (after, pair) => after.WithEnvironment(Expand(pair.Key, before), Expand(pair.Value, before)));
            case ArgInstruction arg:
                return arg.Arguments.Aggregate(scope, (after, argument) => after.WithArgument(argument.Name,
                    build.Request.BuildArguments.GetValueOrDefault(argument.Name)
                        ?? (argument.Default is { } text ? Expand(text, after) : null)
                    ?? graph.GlobalScope.GetValueOrDefault(argument.Name)
                    ?? graph.PlatformScope.GetValueOrDefault(argument.Name) ?? after.FindArgument(argument.Name)));
            default:
                return scope;
        }
    }
}
