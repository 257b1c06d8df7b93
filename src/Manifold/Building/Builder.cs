using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Registry;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Verification;

namespace Manifold.Building;

/// <summary>What a builder is made of.</summary>
/// <param name="SearchPath">Where OCI runtimes are looked for: PATH.</param>
public sealed record BuilderTools(Store Store, RegistryClient Registry, TimeProvider Time, string? SearchPath)
{
    /// <summary>What the gate does with what it finds in the images.</summary>
    public VerificationPolicy Verification { get; init; } = VerificationPolicy.Default;
}

/// <summary>What was built: the index, which <see cref="BuildRequest.Tags"/> now name in the store, and each platform's image.</summary>
/// <param name="Index">The only platform's manifest where no index was wanted.</param>
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
///                             8  Content/      the tags name it; caches of others get what was found out
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
        // One busy RUN for each processor; more would only fight for memory.
        var session = new BuildSession(tools, plan.FileTime, RunSlots.OfMachine(Math.Max(2, Environment.ProcessorCount), tools.Time), on);

        // 4
        await session.RequireHostAsync(plan.Steps).ConfigureAwait(false);

        // 5, 6, 7
        var result = await session.DespiteCachesAsync(() => MakeAsync(session, request, plan, on, cancellation), on).ConfigureAwait(false);
        if (result.Gate?.IsRefusedBy(tools.Verification) is true)
            throw new GateRefusedException(result.Gate, tools.Verification);

        // 8
        tools.Store.Tags.SetAll([.. request.Tags.Select(tag => (tag, result.Index))]);
        await session.ExportCacheAsync(request, plan.Images, on, cancellation).ConfigureAwait(false);
        return result;
    }

    private async Task<BuildResult> MakeAsync(BuildSession session, BuildRequest request, BuildPlan plan, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var images = await session.SolveAsync(request, plan, (_, _) => false, on, cancellation).ConfigureAwait(false);
        var result = new BuildResult(await session.AssembleTopAsync(images, request.Annotations, request.WithoutIndex, cancellation)
            .ConfigureAwait(false), images, plan);
        return result with { Gate = await session.VerifyAsync(result, tools.Verification, on, cancellation).ConfigureAwait(false) };
    }

    /// <summary>What would be built; touches registries' documents and nothing else.</summary>
    public async Task<BuildPlan> PlanAsync(BuildRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 1
        var parsed = BuildFiles.ReadDockerfile(request);
        var tree = parsed.OrThrow();
        // 2
        if (EpochStage.SourceOf(tree, request) is { } timed)
        {
            var remotes = new RemoteFiles(tools.Store, tools.Time, request.Run.GitCredentials);
            request = BuildKitArguments.WithTime(request, await remotes.TimeAsync(timed, cancellation).ConfigureAwait(false));
        }
        var planner = new Planner(tree, request);
        var resolver = new BaseResolver(new Puller(tools.Registry, tools.Store, origins), tools.Store, tools.Time);
        var bases = await resolver.ResolveAsync(planner.Needs, request.Pull, on, cancellation).ConfigureAwait(false);
        while (planner.NeedsBesides(bases) is { IsEmpty: false } more)
            bases = bases.AddRange(await resolver.ResolveAsync(more, request.Pull, on, cancellation).ConfigureAwait(false));
        // 3
        var plan = planner.Plan(bases);
        SeveralProblemsException.ThrowIfAny(MissingSources.Find(plan, request));
        foreach (var unused in UnusedSettings.Of(tree, request, bases.Values))
            on(new Warned(unused) { Time = tools.Time.GetUtcNow() });
        var findings = PlanChecks.Heeded(parsed, request, bases);
        foreach (var finding in findings)
            on(new Warned(finding.OneLine) { Time = tools.Time.GetUtcNow(), Finding = finding });
        return plan with { Told = [.. findings.Select(finding => finding.Id)] };
    }
}
