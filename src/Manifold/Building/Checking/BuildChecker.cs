using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Planning.Checks;
using Manifold.Registry;
using Manifold.Solving;
using Manifold.Verification.Binaries;

namespace Manifold.Building.Checking;

/// <summary>What the build checks say of a build.</summary>
/// <param name="Findings">In the order of lines.</param>
/// <param name="NotKnown">What could not be looked up, so that checks which need it said nothing.</param>
internal sealed record CheckReport(ImmutableArray<Diagnostic> Findings, ImmutableArray<string> NotKnown)
{
    public int Errors => Findings.Count(each => each.Severity == Severity.Error);

    public int Warnings => Findings.Length - Errors;

    /// <summary>The images that the stages are built on, as far as they were found.</summary>
    public ImmutableArray<BaseImage> Bases { get; init; } = [];

    /// <summary>Null if the build cannot be planned.</summary>
    public BuildPlan? Plan { get; init; }

    public AdvisedBuild Advised(string component) => new(component, Plan, Bases);
}

/// <summary>Says what is wrong or doubtful about a build, and builds nothing: <c>manifold build --check</c>.</summary>
/// <remarks>
/// <code>
/// text                1  parse, and the checks of the text
/// bases of all stages 2  asked of the registry or the store; one that cannot be asked is told, and not judged
/// context             3  its ignore file, and what in it is made for a machine
///                     4  the checks that need 2 and 3; the planner's own verdict
/// </code>
/// </remarks>
internal sealed class BuildChecker(BuilderTools tools)
{
    private readonly BlobOrigins origins = new(tools.Store);

    /// <summary>What bases are held to; null where nothing is.</summary>
    public BasePins? Pins { get; init; }

    /// <summary>
    /// The platforms of an image that the same project makes, so that nobody is asked for it; null for every other image.
    /// </summary>
    public Func<ImageReference, IReadOnlyCollection<Platform>?> Made { get; init; } = _ => null;

    /// <summary>The arguments are the project's, so that a FROM need not do without them.</summary>
    public bool ArgumentsAreOfProject { get; init; }

    public async Task<CheckReport> CheckAsync(BuildRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 1
        var parsed = BuildFiles.ReadDockerfile(request);
        if (ArgumentsAreOfProject)
            parsed = ReplacedDefaults.Without(parsed, request);
        if (parsed.Diagnostics.Any(each => each.Id == Diagnostic.Syntax && each.Severity == Severity.Error))
            return new CheckReport(parsed.Diagnostics, []);
        // 2
        var resolver = new BaseResolver(new Puller(tools.Registry, tools.Store, origins), tools.Store, tools.Time) { Pins = Pins };
        var needs = PlanChecks.Needs(parsed.Tree, request).Select(need => (Need: need, Platforms: Made(need.Reference))).ToList();
        var found = await resolver.FindAsync([.. needs.Where(each => each.Platforms is null).Select(each => each.Need)],
            request.Pull, on, cancellation).ConfigureAwait(false);
        var lacking = needs.Where(
            each => each.Platforms is { } platforms && PlatformChoice.Best(each.Need.Platform, platforms, platform => platform) is null);
        var notKnown = found.Problems.Where(problem => problem.Lacking is null)
            .Select(problem => problem.Why.Message).Distinct().ToImmutableArray();
        // 3, 4
        var ignored = BuildFiles.IgnoreRulesOf(request);
        var facts = new CheckFacts
        {
            Bases = found.Images,
            Lacking =
            [
                .. found.Problems.Select(problem => problem.Lacking).OfType<LackingBase>(),
                .. lacking.Select(each => new LackingBase(each.Need, [.. each.Platforms!], IsIndex: true)),
            ],
            Ignored = ignored,
            Context = ContextSurvey.Of(request.ContextFolder, ignored, cancellation),
        };
        var findings = PlanChecks.Run(parsed.Tree, request, facts, allStages: true);
        var (verdict, plan) = await VerdictAsync(
            parsed.Tree, request, missing => resolver.FindAsync(missing, request.Pull, on, cancellation),
                found.Images).ConfigureAwait(false);
        return new CheckReport(PlanChecks.InOrder([.. parsed.Diagnostics, .. findings, .. verdict]), notKnown)
        {
            Bases = [.. found.Images.Values],
            Plan = plan,
        };
    }

    /// <summary>What the planner would refuse, or its plan. Without all bases it cannot be asked.</summary>
    private static async Task<(ImmutableArray<Diagnostic> Findings, BuildPlan? Plan)> VerdictAsync(
        DockerfileTree tree,
        BuildRequest request,
        Func<ImmutableArray<BaseNeed>, Task<FoundBases>> find,
        ImmutableDictionary<(ImageReference, Platform), BaseImage> bases)
    {
        try
        {
            // A check fetches nothing: which time it is decides no rule.
            if (EpochStage.SourceOf(tree, request) is not null)
                request = BuildKitArguments.WithTime(request, null);
            var planner = new Planner(tree, request);
            if (!planner.Needs.All(need => bases.ContainsKey((need.Reference, need.Platform))))
                return ([], null);
            while (planner.NeedsBesides(bases) is { IsEmpty: false } more)
            {
                var found = await find(more).ConfigureAwait(false);
                if (!found.Problems.IsEmpty)
                    return ([], null);
                bases = bases.SetItems(found.Images);
            }
            return ([], planner.Plan(bases));
        }
        catch (DockerfileException e)
        {
            return (e.Diagnostics, null);
        }
    }
}
