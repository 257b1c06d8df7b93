using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning.Checks;

/// <summary>The build checks that need more than the text: arguments, bases, the context. Pure: what they need is handed in.</summary>
internal static class PlanChecks
{
    private static readonly ImmutableArray<Action<PlanFindings>> Checks =
    [
        UndefinedVariables.Check,
        BasePlatforms.Check,
        IgnoredSources.Check,
        HostFiles.Check,
        LayerCounts.Check,
    ];

    /// <summary>The findings in the order of lines, without those that the file does not want.</summary>
    /// <param name="allStages">Also stages that the target does not need.</param>
    public static ImmutableArray<Diagnostic> Run(DockerfileTree tree, BuildRequest request, CheckFacts facts, bool allStages)
    {
        if (tree.Stages.IsEmpty)
            return [];
        var found = new HashSet<Diagnostic>();
        var triggers = new ImageTriggers();
        triggers.Learn(facts.Bases.Values);
        foreach (var platform in request.Platforms)
        {
            // what is wrong with references is the planner's to say
            var graph = new StageGraph(tree, request, platform, new Diagnosing(tree)) { Triggers = triggers };
            var findings = new PlanFindings(new CheckedBuild(tree, request, facts, allStages ? tree.Stages : graph.Needed()), graph, found);
            foreach (var check in Checks)
                check(findings);
        }
        return tree.Heed([.. found.OrderBy(each => each.Place.Line).ThenBy(each => each.Place.Column)]);
    }

    /// <summary>The images that all stages stand on or copy from, whatever the target.</summary>
    public static ImmutableArray<BaseNeed> Needs(DockerfileTree tree, BuildRequest request)
    {
        var diagnosing = new Diagnosing(tree);
        var needs = from platform in request.Platforms
                    let graph = new StageGraph(tree, request with { Target = null }, platform, diagnosing)
                    from stage in tree.Stages
                    from need in NeedsOf(graph, stage)
                    select need;
        return [.. needs.DistinctBy(need => (need.Reference, need.Platform))];
    }

    private static IEnumerable<BaseNeed> NeedsOf(StageGraph graph, Stage stage)
    {
        if (graph.GroundOf(stage) is StageGround.Image ground)
            yield return new BaseNeed(ground.Reference, ground.Platform, stage.From.Source.Place)
            {
                Hint = graph.StageLike(stage.From.Image, stage.Index),
            };
        foreach (var (source, asking) in graph.SourcesOf(stage))
            if (source is StageGround.Image image)
                yield return new BaseNeed(image.Reference, image.Platform, asking.Source.Place)
                {
                    Hint = asking is CopyInstruction { From: { } name } ? graph.StageLike(name) : null,
                };
    }

    /// <summary>
    /// Returns the findings that an ordinary build reports before it starts. Does not read the context: the gate looks at what
    /// went into the image.
    /// </summary>
    /// <exception cref="DockerfileException">The file wants its findings to be errors.</exception>
    internal static ImmutableArray<Diagnostic> Heeded(
        ParsedDockerfile parsed, BuildRequest request, IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases)
    {
        var facts = new CheckFacts { Bases = bases, Ignored = BuildFiles.IgnoreRulesOf(request) };
        var findings = InOrder([.. parsed.Diagnostics, .. Run(parsed.Tree, request, facts, allStages: false)]);
        return findings.Any(each => each.Severity == Severity.Error) ? throw new DockerfileException(findings) : findings;
    }

    internal static ImmutableArray<Diagnostic> InOrder(ImmutableArray<Diagnostic> findings) =>
        [.. findings.Distinct().OrderBy(each => each.Place.Line).ThenBy(each => each.Place.Column)];
}
