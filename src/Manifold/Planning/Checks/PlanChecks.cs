using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning.Checks;

/// <summary>The build checks that need more than the text: arguments, bases, the context. Pure: what they need is handed in.</summary>
public static class PlanChecks
{
    private static readonly ImmutableArray<Action<PlanFindings>> Checks = [UndefinedVariables.Check, BasePlatforms.Check, IgnoredSources.Check, HostFiles.Check];

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
            var graph = new StageGraph(tree, request, platform, new Diagnosing(tree)) { Triggers = triggers }; // what is wrong with references is the planner's to say
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
            from used in stage.Instructions.OfType<CopyInstruction>().Select(copy => (Ground: graph.SourceOf(stage, copy), Place: copy.Source.Place, Hint: graph.StageLike(copy.From ?? "")))
                .Prepend((graph.GroundOf(stage), stage.From.Source.Place, graph.StageLike(stage.From.Image, stage.Index)))
            where used.Ground is StageGround.Image
            let image = (StageGround.Image)used.Ground!
            select new BaseNeed(image.Reference, image.Platform, used.Place) { Hint = used.Hint };
        return [.. needs.DistinctBy(need => (need.Reference, need.Platform))];
    }
}
