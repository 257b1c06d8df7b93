namespace Manifold.Dockerfile.Checks;

/// <summary>
/// Who takes what a stage has made: COPY --from, RUN --mount=from, and the stages that stand on it. Costs one pass
/// over the instructions.
/// </summary>
internal sealed class StageResults
{
    // A file whose stages hand things on more often than this was not written by hand.
    private const int MostSteps = 500;

    private readonly StageChains chains;
    private readonly ILookup<int, Use> uses;
    private readonly ILookup<int, Stage> above;
    private readonly Dictionary<(int, string?), bool> answers = [];

    public StageResults(DockerfileTree tree, StageChains chains)
    {
        this.chains = chains;
        var based = from stage in tree.Stages
                    from under in StageChains.Meant(tree, stage.From.Image)
                    where under.Index < stage.Index
                    select (Under: under.Index, Stage: stage);
        above = based.ToLookup(pair => pair.Under, pair => pair.Stage);
        uses = tree.Stages.SelectMany(stage => stage.Instructions.SelectMany(instruction => UsesOf(tree, stage, instruction)))
            .ToLookup(use => use.Of);
    }

    /// <param name="Of">The number of the stage that something is taken from.</param>
    /// <param name="Destination">Null where it stays there only while a command runs.</param>
    private sealed record Use(int Of, Stage By, string Source, string? Destination);

    /// <summary>True where a stage for the target takes a path of a stage for the machine that builds, be it through others.</summary>
    /// <param name="path">Null where the path is not known.</param>
    public bool ReachTarget(Stage made, string? path) =>
        answers.TryGetValue((made.Index, path), out var answer) ? answer : answers[(made.Index, path)] = Reach(made, path);

    private bool Reach(Stage made, string? path)
    {
        var waiting = new Queue<(Stage Stage, string? Path)>([(made, path)]);
        var seen = new HashSet<(int, string?)>();
        while (waiting.TryDequeue(out var next))
        {
            if (!seen.Add((next.Stage.Index, next.Path)))
                continue;
            if (seen.Count > MostSteps)
                return true;
            foreach (var child in above[next.Stage.Index])
                if (IsForTarget(child))
                    return true;
                else
                    waiting.Enqueue((child, next.Path));
            foreach (var use in uses[next.Stage.Index].Where(use => Overlap(use.Source, next.Path)))
                if (IsForTarget(use.By))
                    return true;
                else if (use.Destination is { } destination)
                    waiting.Enqueue((use.By, IsPlain(destination) ? destination.TrimEnd('/') : null));
        }
        return false;
    }

    private static bool IsPlain(string path) => path.StartsWith('/') && !path.Contains('$', StringComparison.Ordinal);

    /// <summary>A stage without programs, on scratch, hands on what it was given: it is for the target where nothing takes that.</summary>
    private bool IsForTarget(Stage stage) => !chains.IsOnBuildPlatform(stage) && !chains.IsForOne(stage)
        && (!chains.BaseOf(stage).Equals("scratch", StringComparison.OrdinalIgnoreCase)
            || (!uses[stage.Index].Any() && !above[stage.Index].Any()));

    /// <summary>True where stages take what a stage has made, and all of them are for one platform.</summary>
    public bool IsTakenForOne(Stage stage)
    {
        var takers = uses[stage.Index].Select(use => use.By).Concat(above[stage.Index]).ToList();
        return takers.Count > 0 && takers.All(chains.IsForOne);
    }

    private static IEnumerable<Use> UsesOf(DockerfileTree tree, Stage stage, Instruction instruction) => instruction switch
    {
        CopyInstruction { From: { } name } copy =>
            from made in StageChains.Meant(tree, name)
            from source in copy.Sources
            select new Use(made.Index, stage, source, copy.Destination),
        RunInstruction run =>
            from mount in run.Mounts
            from made in mount.From is { } name ? StageChains.Meant(tree, name) : []
            select new Use(made.Index, stage, mount.Source ?? "/", null),
        _ => [],
    };

    /// <summary>One is the other, or above it. From a variable or a wildcard on, a source may be anything.</summary>
    private static bool Overlap(string source, string? path)
    {
        if (path is null)
            return true;
        var end = source.AsSpan().IndexOfAny("$*?[");
        var start = "/" + (end < 0 ? source : source[..end]).TrimStart('.').Trim('/');
        return start == "/" || path == start || path.StartsWith(end < 0 ? start + "/" : start, StringComparison.Ordinal)
            || start.StartsWith(path + "/", StringComparison.Ordinal);
    }
}
