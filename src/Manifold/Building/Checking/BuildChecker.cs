using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Planning.Checks;
using Manifold.Projects;
using Manifold.Projects.Yaml;
using Manifold.Registry;
using Manifold.Solving;
using Manifold.Verification.Binaries;

namespace Manifold.Building.Checking;

/// <summary>Finds what is wrong or doubtful about the Dockerfiles of one image or of many, and builds nothing: <c>--check</c>.</summary>
/// <remarks>
/// <code>
/// project             1  the components of the order; equal builds are judged once
/// text                2  parse, and the checks of the text
/// bases of all stages 3  looked up in the registry or the store; a lookup that fails is reported, and no check uses it
/// context             4  its ignore file, and the files in it that are made for one architecture
///                     5  the checks that need 3 and 4; the planner's own verdict
/// </code>
/// Every component is checked, even if the file of another one is wrong.
/// </remarks>
internal sealed class BuildChecker(BuilderTools tools, BuildOrder order, Action<BuildEvent> on)
{
    private readonly SiblingNames names = new(order.Project);
    private readonly BaseResolver resolver =
        new(new Puller(tools.Registry, tools.Store, new BlobOrigins(tools.Store)), tools.Store, tools.Time) { Pins = order.Lock?.Pins };
    private readonly Dictionary<Digest, Task<CheckReport>> judged = [];
    private readonly HashSet<Diagnostic> told = [];
    private readonly List<AdvisedBuild> builds = [];
    private readonly List<ManifoldException> problems = [];

    /// <exception cref="UsageException">A name is neither an image nor a group.</exception>
    public async Task<ProjectChecks> CheckAsync(CancellationToken cancellation)
    {
        // 1
        var (project, chosen) = (order.Project, order.Graph.Names);
        if (project.BrokenAmong(chosen) is { IsEmpty: false } broken)
            problems.Add(new ProjectFileException([.. broken.SelectMany(name => project.Broken[name].Faults).Distinct()]));
        var components = ImmutableArray.CreateBuilder<ComponentChecks>();
        foreach (var component in project.SelectWhole(chosen))
        {
            if (await CheckAsync(component, cancellation).ConfigureAwait(false) is { } checks)
                components.Add(checks);
        }
        return new ProjectChecks(components.ToImmutable()) { Problems = [.. problems], Builds = [.. builds] };
    }

    private async Task<ComponentChecks?> CheckAsync(Component component, CancellationToken cancellation)
    {
        var requests = new ComponentRequests(order.Project, order.Graph, names);
        var (files, reports, before) = (new List<string>(), new List<CheckReport>(), problems.Count);
        foreach (var group in component.Platforms.Where(platform => platform.Source is BuildSource)
            .GroupBy(platform => ComponentRequests.GroupOf((BuildSource)platform.Source)))
        {
            try
            {
                var request = requests.Of(component, group.First().Platform, (BuildSource)group.First().Source) with
                {
                    Platforms = [.. group.Select(platform => platform.Platform)],
                };
                if (request.DockerfilePath is { } file)
                    files.Add(file);
                reports.Add(await JudgeOnceAsync(component, group.Key, request, cancellation).ConfigureAwait(false));
            }
            catch (ManifoldException e)
            {
                problems.Add(component.Origin.Name is { } name ? new UsageException($"{name}: {e.Message}") : e);
            }
        }
        if (problems.Count > before)
            return null;
        builds.AddRange(reports.Select(report => report.Advised(component.Name)));
        var all = reports.SelectMany(report => report.Findings).Distinct().ToList();
        var added = all.Where(told.Add).OrderBy(finding => finding.Place.File, StringComparer.Ordinal)
            .ThenBy(finding => finding.Place.Line).ThenBy(finding => finding.Place.Column).ToImmutableArray();
        return new ComponentChecks(component.Origin.Name, [.. files.Distinct()],
            new CheckReport(added, [.. reports.SelectMany(report => report.NotKnown).Distinct()]), all.Count - added.Length);
    }

    /// <summary>Components are judged one after another, so a task here is never canceled by another caller. Failures are kept.</summary>
    private Task<CheckReport> JudgeOnceAsync(Component component, Digest group, BuildRequest request, CancellationToken cancellation)
    {
        using var builder = new KeyBuilder();
        var key = builder.Add(group).AddAll(request.Platforms.Select(platform => platform.ToString())).ToDigest();
        return judged.TryGetValue(key, out var report) ? report : judged[key] = JudgeAsync(component, request, cancellation);
    }

    private async Task<CheckReport> JudgeAsync(Component component, BuildRequest request, CancellationToken cancellation)
    {
        // 2
        var parsed = component.Origin.Judged(BuildFiles.ReadDockerfile(request), request);
        if (parsed.Diagnostics.Any(each => each.Id == Diagnostic.Syntax && each.Severity == Severity.Error))
            return new CheckReport(parsed.Diagnostics, []);
        // 3
        var needs = PlanChecks.Needs(parsed.Tree, request).ToLookup(need => names.Find(need.Reference, component.Name));
        var found = await resolver.FindAsync([.. needs[null]], request.Pull, on, cancellation).ConfigureAwait(false);
        var ofSiblings = needs.Where(sibling => sibling.Key is not null)
            .SelectMany(sibling => sibling, (sibling, need) => new LackingBase(need, PlatformsOf(sibling.Key!), IsIndex: true))
            .Where(sibling => PlatformChoice.Best(sibling.Need.Platform, sibling.Has, platform => platform) is null);
        // 4, 5
        var ignored = BuildFiles.IgnoreRulesOf(request);
        var facts = new CheckFacts
        {
            Bases = found.Images,
            Lacking = [.. found.Problems.Select(problem => problem.Lacking).OfType<LackingBase>(), .. ofSiblings],
            Ignored = ignored,
            Context = ContextSurvey.Of(request.ContextFolder, ignored, cancellation),
        };
        var findings = PlanChecks.Run(parsed.Tree, request, facts, allStages: true);
        var (verdict, plan) = await VerdictAsync(parsed.Tree, request, found.Images, cancellation).ConfigureAwait(false);
        var notKnown = found.Problems.Where(problem => problem.Lacking is null).Select(problem => problem.Why.Message).Distinct();
        return new CheckReport(PlanChecks.InOrder([.. parsed.Diagnostics, .. findings, .. verdict]), [.. notKnown])
        {
            Bases = [.. found.Images.Values],
            Plan = plan,
        };
    }

    private ImmutableArray<Platform> PlatformsOf(string sibling) =>
        [.. order.Project.Find(sibling)!.Platforms.Select(platform => platform.Platform)];

    /// <summary>Returns what the planner would refuse, or its plan. Without all bases it cannot be asked.</summary>
    private async Task<(ImmutableArray<Diagnostic> Findings, BuildPlan? Plan)> VerdictAsync(
        DockerfileTree tree,
        BuildRequest request,
        ImmutableDictionary<(ImageReference, Platform), BaseImage> bases,
        CancellationToken cancellation)
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
                var found = await resolver.FindAsync(more, request.Pull, on, cancellation).ConfigureAwait(false);
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
