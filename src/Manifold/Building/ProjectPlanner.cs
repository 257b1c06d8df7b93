using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Solving;
using Manifold.Solving.Copying;

namespace Manifold.Building;

/// <summary>Plans a whole project: all that can stand in its way is found before any work, and told together.</summary>
/// <remarks>
/// <code>
/// graph    1  images from outside    each reference asked once for all components and platforms
///          2  taken images           resolved to the platform's digest
///          3  targets                may we push, what would a tag lose?                 (1, 2 and 3 at once)
///          4  each component         planned on what it will stand on: a sibling's plan says what its config will be
///          5  the host               can the RUNs run where the units will run?
/// </code>
/// A platform that may fail is left out where 1, 2, 4 or 5 speak against it; any other is an error.
/// </remarks>
internal sealed class ProjectPlanner(
    BuilderTools tools, Publisher publisher, ProjectGraph graph, LockUse? pins, Action<BuildEvent> on)
{
    private readonly OutsideImages outside = new(tools, graph, pins, on);
    private readonly List<ManifoldException> problems = [];
    private readonly List<ManifoldException> refusals = [];
    private readonly List<ManifoldException> hostProblems = [];
    private readonly PlanWarnings warnings = new(tools, on);
    private readonly Dictionary<string, PlannedComponent> planned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> left = new(graph.Left, StringComparer.Ordinal);
    private readonly HashSet<(string Component, (Place, string))> lacking = [];

    // What a hook makes is not there yet.
    private readonly bool filesAreThere = graph.Nodes.All(node => node.Component.Before.IsEmpty);

    /// <summary>Plans the components that nothing is wrong with, too, and says of the others what is: for whoever shows a plan.</summary>
    public bool KeepsRest { get; init; }

    /// <inheritdoc cref="Builder.Host"/>
    public required IUnitHost Host { get; init; }

    /// <param name="push">How images are published; null where they are not. Targets are each component's own.</param>
    public async Task<ProjectPlan> PlanAsync(PublicationRequest? push, CancellationToken cancellation)
    {
        foreach (var each in pins?.RequireImages(graph) ?? [])
            tools.Warn(on, each);
        var bases = outside.FindBasesAsync(cancellation);
        var taken = outside.FindTaken(cancellation);
        var preflights = push is null ? Task.FromResult(ImmutableDictionary<string, Preflight>.Empty) : AskTargetsAsync(push, cancellation);
        await Task.WhenAll((IEnumerable<Task>)taken.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var (foundBases, answers) = (await bases.ConfigureAwait(false), await preflights.ConfigureAwait(false));
        cancellation.ThrowIfCancellationRequested();
        foreach (var node in graph.Nodes.Where(node => node is { Asked: true, Component.WithoutIndex: true }))
            Try(problems, () => WithoutAnIndex.Require($"{node.Name}: index: never",
                [.. node.Component.Platforms.Select(platform => platform.Platform)], node.Component.Annotations));
        foreach (var node in graph.Nodes)
        {
            var before = problems.Count;
            var component = await PlanAsync(node, foundBases, taken, cancellation).ConfigureAwait(false);
            if (problems.Count > before)
                left[node.Name] = null;
            planned[node.Name] = component with { Preflight = answers.GetValueOrDefault(node.Name) };
        }
        problems.InsertRange(0, graph.Problems);
        problems.AddRange(refusals);
        if (!KeepsRest)
            SeveralProblemsException.ThrowIfAny([.. problems, .. hostProblems]);
        return new ProjectPlan
        {
            Components = [.. graph.Nodes.Where(node => !left.ContainsKey(node.Name)).Select(node => planned[node.Name])],
            Problems = [.. problems],
            HostProblems = [.. hostProblems.DistinctBy(problem => problem.Message)],
            Left = left.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    private static void Try(List<ManifoldException> kept, Action judge)
    {
        try
        {
            judge();
        }
        catch (ManifoldException e)
        {
            kept.Add(e);
        }
    }

    private async Task<ImmutableDictionary<string, Preflight>> AskTargetsAsync(PublicationRequest push, CancellationToken cancellation)
    {
        var asked = graph.Nodes.Where(node => node is { Asked: true, Component.Publish: true }
            && !(push.Targets.IsEmpty && node.Component.Tags.IsEmpty)).ToList();
        var answers = await Task.WhenAll(asked.Select(node => publisher.PreflightAsync(push with
        {
            Targets = push.Targets.IsEmpty ? node.Component.Tags : push.Targets,
            PlatformTags = push.PlatformTags || node.Component.PlatformTags,
            PlatformTagNames = node.Component.PlatformTagNames,
        }, [.. node.Platforms.Select(platform => platform.Platform)], cancellation))).ConfigureAwait(false);
        var accepted = ImmutableDictionary.CreateBuilder<string, Preflight>();
        foreach (var (node, answer) in asked.Zip(answers))
            Try(refusals, () => accepted[node.Name] = answer.OrThrow());
        return accepted.ToImmutable();
    }

    private async Task<PlannedComponent> PlanAsync(
        ComponentNode node,
        FoundBases bases,
        Dictionary<PlatformNode, Task<BaseImage>> taken,
        CancellationToken cancellation)
    {
        var platforms = ImmutableArray.CreateBuilder<PlannedPlatform>();
        var missing = ImmutableArray.CreateBuilder<FailedPlatform>();
        var wrong = new List<(Platform Platform, ManifoldException Why)>();
        if (node.Siblings.FirstOrDefault(sibling => left.ContainsKey(sibling.Name)).Name is { } culprit)
            left[node.Name] = left[culprit] ?? culprit;
        foreach (var platform in node.Platforms)
        {
            if (MissingBases(platform.Build, bases) is { Count: > 0 } absent)
            {
                if (platform.Of.Optional)
                    missing.Add(new FailedPlatform(platform.Platform, absent[0].Message));
                else
                    wrong.AddRange(absent.Select(why => (platform.Platform, why)));
                continue;
            }
            if (left.ContainsKey(node.Name))
                continue; // nothing else is known before the image that it needs is right
            try
            {
                platforms.Add(platform.Build is { } build
                    ? await PlanAsync(node, platform, build, bases, cancellation).ConfigureAwait(false)
                    : PlanTaken(platform, await taken[platform].ConfigureAwait(false)));
            }
            catch (ManifoldException e) when (platform.Of.Optional && e is not DockerfileException)
            {
                missing.Add(new FailedPlatform(platform.Platform, e.Message));
            }
            catch (ManifoldException e)
            {
                wrong.Add((platform.Platform, e));
            }
        }
        problems.AddRange(wrong
            .GroupBy(each => each.Why.Message)
            .Select(group => ProblemOf(node.Component, [.. group.Select(each => each.Platform)], group.First().Why)));
        if (platforms.Count == 0 && missing.Count == node.Platforms.Length)
            problems.Add(new UsageException($"{node.Name}: no platform can be built: "
                + $"{string.Join(" ", missing.Select(each => each.Reason))}"));
        return new PlannedComponent(node) { Platforms = platforms.ToImmutable(), Missing = missing.ToImmutable() };
    }

    private static ManifoldException ProblemOf(Component component, ImmutableArray<Platform> platforms, ManifoldException why) =>
        component.Origin.Name is { } name && why is not (DockerfileException or HostNotReadyException)
            ? new PlatformProblemException(name, platforms, why)
            : why;

    private async Task<PlannedPlatform> PlanAsync(
        ComponentNode node, PlatformNode platform, PlatformBuild build, FoundBases bases, CancellationToken cancellation)
    {
        var found = build.Outside.ToImmutableDictionary(need => (need.Reference, need.Platform),
            need => bases.Images[(need.Reference, need.Platform)]);
        var siblings = build.Siblings
            .Select(sibling => KeyValuePair.Create((sibling.Need.Reference, sibling.Need.Platform), StandIn(sibling.Need, sibling.Sibling)))
            .ToList();
        while (build.Planner.NeedsBesides(found.AddRange(siblings)) is { IsEmpty: false } more)
            found = found.AddRange(await outside.FindMoreAsync(more, build.Request.Pull, cancellation).ConfigureAwait(false));
        var plan = build.Planner.Plan(found.AddRange(siblings));
        if (filesAreThere)
            SeveralProblemsException.ThrowIfAny([.. MissingSources.Find(plan, build.Request)
                .Where(each => lacking.Add((node.Name, each.Spot)))]);
        await RequireHostAsync(platform, plan).ConfigureAwait(false);
        var told = warnings.Tell(node.Component, build, found);
        return new PlannedPlatform(platform, plan.Images[0]) { Plan = plan with { Told = told }, Bases = found };
    }

    /// <summary>
    /// Asks the host of the units whether it can run a platform's RUNs.
    /// What it lacks stops a build, but not the plan of a platform that must not fail.
    /// </summary>
    private async Task RequireHostAsync(PlatformNode platform, BuildPlan plan)
    {
        try
        {
            await Host.RequireForPlanAsync(plan.Steps).ConfigureAwait(false);
        }
        catch (HostNotReadyException e) when (!platform.Of.Optional)
        {
            hostProblems.Add(e);
        }
    }

    /// <summary>Returns why bases of a build are missing, naming its own instructions: another component may have asked first.</summary>
    private static List<ManifoldException> MissingBases(PlatformBuild? build, FoundBases bases)
    {
        var problems = bases.Problems.ToLookup(problem => (problem.Need.Reference, problem.Need.Platform));
        return [.. (build?.Outside ?? []).Select(need => problems[(need.Reference, need.Platform)].FirstOrDefault()?.WhyOf(need))
            .OfType<ManifoldException>()];
    }

    /// <summary>What a sibling will be, as far as a plan has to know: its config. Its content is not there yet.</summary>
    private BaseImage StandIn(BaseNeed need, string sibling)
    {
        var component = planned.GetValueOrDefault(sibling);
        var found = PlatformChoice.Best(need.Platform, component?.Platforms ?? [], platform => platform.Platform)
            ?? throw new BaseMissingException($"FROM {need.Reference} ({need.Place.File}:{need.Place.Line}): image '{sibling}' of this "
                + $"project has no {need.Platform}{Reason(component, need.Platform)}. It has: "
                + $"{string.Join(", ", component?.Platforms.Select(platform => platform.Platform.ToString()) ?? [])}.");
        var digest = Digest.Of($"{sibling} {found.Platform}");
        var blob = new Descriptor { MediaType = MediaType.Config, Digest = digest, Size = 0 };
        return new BaseImage(need.Reference, need.Platform, blob with { MediaType = MediaType.Manifest },
            new Manifest { Config = blob, Layers = [] }, found.Image.Config with { RootFs = new RootFs() })
        {
            Origin = BaseOrigin.Sibling,
        };
    }

    private static string Reason(PlannedComponent? component, Platform platform) =>
        component?.Missing.FirstOrDefault(missing => missing.Platform == platform) is { } missing
            ? $" ({missing.Reason.TrimEnd('.')})"
            : "";

    private static PlannedPlatform PlanTaken(PlatformNode platform, BaseImage image)
    {
        using var key = new KeyBuilder();
        var step = new BaseStep
        {
            Digest = key.Add("base").Add(platform.Platform.ToString()).Add(image.Descriptor.Digest).ToDigest(),
            Parent = null,
            Platform = platform.Platform,
            Place = platform.Of.Source.Place,
            Name = $"{((ImageSource)platform.Of.Source).Location}, used unchanged",
            Image = image,
        };
        return new PlannedPlatform(platform, new ImagePlan
        {
            Platform = platform.Platform,
            Last = step,
            Config = image.Config,
            History = [],
        })
        {
            Taken = image,
        };
    }
}

/// <summary>A problem that prevents platforms of one component.</summary>
internal sealed class PlatformProblemException(string component, ImmutableArray<Platform> platforms, ManifoldException why)
    : ManifoldException($"{component} ({string.Join(", ", platforms)}): {why.Message}", why)
{
    public override int ExitCode => why.ExitCode;
}
