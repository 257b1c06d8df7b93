using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Sandbox;
using Manifold.Snapshots;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Verification;

namespace Manifold;

/// <summary>What a builder is made of.</summary>
/// <param name="SearchPath">Where OCI runtimes are looked for: PATH.</param>
public sealed record BuilderTools(Store Store, RegistryClient Registry, TimeProvider Time, string? SearchPath)
{
    /// <summary>What the gate does with what it finds in the images.</summary>
    public VerificationPolicy Verification { get; init; } = VerificationPolicy.Default;
}

/// <summary>What was built: the index, which <see cref="BuildRequest.Tags"/> now name in the store, and each platform's image.</summary>
public sealed record BuildResult(Descriptor Index, ImmutableArray<BuiltImage> Images, BuildPlan Plan)
{
    /// <summary>What the gate saw; null where it is off.</summary>
    public GateReport? Gate { get; init; }
}

/// <summary>The whole road from a Dockerfile to an index in the store. A newcomer starts here.</summary>
/// <remarks>
/// <code>
/// text                        1  Dockerfile/   parse: tree, or every error at once
/// tree × platforms            2  Planning/     which images it stands on; they are resolved to digests (Registry/)
///                             3                a graph of steps and each platform's config; nothing was built so far
///                             4  Sandbox/      can this machine run it? else what is missing, still before any work
/// plan                        5  Solving/      copy and run what the cache does not know (Layers/, Snapshots/)
/// layers                      6  Images/       config and manifest for each platform, one index
/// index                       7  Verification/ the gate: does each image start on its platform?
///                             8  Content/      the tags name it
/// index and tags              9  Publishing/   Publisher: content by digest, then all tags of all repositories together
/// </code>
/// Publication is the caller's next step, under one shared lock of the store with the build; its preflight belongs before step 4.
/// Safe for several builds at once in one store.
/// </remarks>
public sealed class Builder(BuilderTools tools)
{
    private readonly BlobOrigins origins = new(tools.Store);

    /// <exception cref="DockerfileException">The Dockerfile is wrong.</exception>
    /// <exception cref="StepFailedException">A step did not succeed; nothing was named.</exception>
    /// <exception cref="GateRefusedException">An image is not for its platform; nothing was named.</exception>
    public async Task<BuildResult> BuildAsync(BuildRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        using var inUse = await tools.Store.LockSharedAsync(cancellation: cancellation).ConfigureAwait(false);
        return await BuildAsync(request, await PlanAsync(request, on, cancellation).ConfigureAwait(false), on, cancellation).ConfigureAwait(false);
    }

    /// <summary>Builds what was planned. The caller has held the store's shared lock since before it planned.</summary>
    /// <inheritdoc cref="BuildAsync(BuildRequest, Action{BuildEvent}, CancellationToken)"/>
    public async Task<BuildResult> BuildAsync(BuildRequest request, BuildPlan plan, Action<BuildEvent> on, CancellationToken cancellation)
    {
        on(new PlanMade(plan.Steps.Count(), plan.Images.Length) { Time = tools.Time.GetUtcNow(), Plan = plan });

        // 4
        var emulators = new Emulators(tools.Store);
        var runtimes = new OciRuntimes(tools.Store, tools.SearchPath);
        await RequireHostAsync(plan, emulators, runtimes).ConfigureAwait(false);

        // 5
        var snapshots = new SnapshotStore(tools.Store, tools.Time);
        var cache = new StepCache(tools.Store, tools.Time);
        var censuses = new CensusCache(tools.Store);
        var layers = new LayerKeeper(new LayerTools(tools.Store, snapshots, cache, tools.Registry, tools.Time), plan.FileTime, LayersUnderRuns(plan), on) { Watch = censuses.Watch };
        var digests = new FileDigests(tools.Store, request.ContextFolder, tools.Time);
        var runner = new StepRunner(new StepTools
        {
            Layers = layers, Cache = cache, Sandbox = new RunSandbox(snapshots, runtimes, emulators, tools.Time),
            Context = new ContextTree(request.ContextFolder, BuildFiles.IgnoreRulesOf(request), digests),
            WorkFolder = () => tools.Store.WorkFolder, Time = tools.Time, On = on, FileTime = plan.FileTime, NoCache = request.NoCache,
        });
        var solver = new Solver(runner, layers);
        var assembler = new ImageAssembler(tools.Store, plan, request.Annotations);
        var images = await FirstFailure.WhenAllAsync(plan.Images, async (image, token) =>
        {
            // 6
            var built = await assembler.AssembleAsync(image, await solver.SolveAsync(image, token).ConfigureAwait(false), token).ConfigureAwait(false);
            on(new ImageMade(built.Platform, built.Manifest, built.CompressedBytes) { Time = tools.Time.GetUtcNow() });
            return built;
        }, cancellation).ConfigureAwait(false);
        digests.Save();
        var index = await assembler.AssembleIndexAsync(images, cancellation).ConfigureAwait(false);

        // 7
        var report = await VerifyAsync(new BuildGate(layers, censuses, tools.Verification), new BuildResult(index, [.. images], plan), on, cancellation).ConfigureAwait(false);

        // 8
        tools.Store.Tags.SetAll([.. request.Tags.Select(tag => (tag, index))]);
        return new BuildResult(index, [.. images], plan) { Gate = report };
    }

    private async Task<GateReport?> VerifyAsync(BuildGate gate, BuildResult built, Action<BuildEvent> on, CancellationToken cancellation)
    {
        if (tools.Verification.Mode == GateMode.Off)
            return null;
        var began = tools.Time.GetTimestamp();
        var report = await gate.CheckAsync(built.Plan, built.Images, built.Index, cancellation).ConfigureAwait(false);
        on(new Verified(report.Platforms.Length, report.Count(FindingSeverity.Error), report.Count(FindingSeverity.Warning), tools.Time.GetElapsedTime(began)) { Time = tools.Time.GetUtcNow() });
        foreach (var finding in report.Findings.Where(finding => finding.Severity > FindingSeverity.Note && !tools.Verification.Refuses(finding.Severity)))
            on(new Warned(GateText.Line(finding)) { Time = tools.Time.GetUtcNow() });
        return report.IsRefusedBy(tools.Verification) ? throw new GateRefusedException(report, tools.Verification) : report;
    }

    /// <summary>What would be built; touches registries' documents and nothing else.</summary>
    public async Task<BuildPlan> PlanAsync(BuildRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 1
        var tree = BuildFiles.ReadDockerfile(request).OrThrow();
        // 2
        var planner = new Planner(tree, request);
        var resolver = new BaseResolver(new Puller(tools.Registry, tools.Store, origins), tools.Store, tools.Time);
        var bases = await resolver.ResolveAsync(planner.Needs, request.Pull, on, cancellation).ConfigureAwait(false);
        // 3
        return planner.Plan(bases);
    }

    private static HashSet<Digest> LayersUnderRuns(BuildPlan plan) =>
        [.. plan.Steps.OfType<RunStep>().SelectMany(step => step.Lineage).OfType<BaseStep>().SelectMany(ground => ground.Image?.Config.RootFs.DiffIds ?? [])];

    private static async Task RequireHostAsync(BuildPlan plan, Emulators emulators, OciRuntimes runtimes)
    {
        var platforms = plan.Steps.OfType<RunStep>().Select(step => step.Platform).Distinct().ToList();
        if (platforms.Count > 0)
            await runtimes.FindAsync().ConfigureAwait(false);
        await Task.WhenAll(platforms.Select(platform => emulators.RequireAsync(platform))).ConfigureAwait(false);
    }
}
