using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Projects;
using Manifold.Registry;
using Manifold.Solving;
using Manifold.Verification;

namespace Manifold.Building;

/// <summary>Builds one component once its siblings are there.</summary>
/// <remarks>
/// <code>
/// hooks                1  what its builds copy is made, where it is not there already
/// siblings' images     2  plans are made again on what these have become
/// builds, taken        3  each group of platforms that is built alike at once; what is taken is taken as it is
/// platforms            4  one index, in the order of the file
/// index                5  the gate, and each platform started where that is asked for
///                      6  its names in the store
/// </code>
/// A platform that may fail and does is left out, wherever on this road that happens.
/// </remarks>
internal sealed class ComponentBuilder(BakeTools tools, PlannedComponent planned, BuildSession session, Action<BuildEvent> on)
{
    private readonly List<FailedPlatform> missing = [.. planned.Missing];

    private Component Component => planned.Node.Component;

    /// <param name="siblings">What became of those that it stands on, by name.</param>
    public async Task<BakedComponent> BuildAsync(IReadOnlyDictionary<string, BuildResult> siblings, HookRunner hooks, CancellationToken cancellation)
    {
        foreach (var lost in planned.Missing)
            Tell(lost);
        // 1
        foreach (var hook in Component.Before.Where(hook => hook.Platform is null || planned.Platforms.Any(platform => platform.Platform == hook.Platform)))
            await RunAsync(hook, hooks, cancellation).ConfigureAwait(false);
        // 2
        var platforms = planned.Platforms.Where(platform => missing.All(lost => lost.Platform != platform.Platform)).Select(platform => Replanned(platform, siblings)).ToList();
        var plan = planned.Plan with { Images = [.. platforms.Select(platform => platform.Image)] };
        on(new PlanMade(plan.Steps.Count(), platforms.Count) { Time = tools.Builder.Time.GetUtcNow(), Plan = plan });
        // 3, 4, 5
        var result = await session.DespiteCachesAsync(() => MakeAllAsync(platforms, cancellation), on).ConfigureAwait(false);
        // 6
        tools.Builder.Store.Tags.SetAll([.. Component.Tags.Select(tag => (tag, result.Index))]);
        await ExportCachesAsync(platforms, result, cancellation).ConfigureAwait(false);
        return new BakedComponent(planned, BakedState.Built) { Result = result, Missing = [.. missing] };
    }

    private async Task<BuildResult> MakeAllAsync(List<PlannedPlatform> platforms, CancellationToken cancellation)
    {
        var built = await FirstFailure.WhenAllAsync(platforms.GroupBy(platform => platform.Node.Build?.Group), (group, token) => MakeAsync([.. group], token), cancellation).ConfigureAwait(false);
        var images = built.SelectMany(each => each).OrderBy(image => platforms.FindIndex(platform => platform.Platform == image.Platform)).ToImmutableArray();
        return await FinishAsync([.. platforms.Select(platform => platform.Image)], images, cancellation).ConfigureAwait(false);
    }

    private async Task ExportCachesAsync(List<PlannedPlatform> platforms, BuildResult result, CancellationToken cancellation)
    {
        foreach (var group in platforms.Where(platform => platform.Node.Build is not null && result.Images.Any(image => image.Platform == platform.Platform)).GroupBy(platform => platform.Node.Build!.Group))
            await session.ExportCacheAsync(group.First().Node.Build!.Request, [.. group.Select(platform => platform.Image)], on, cancellation).ConfigureAwait(false);
    }

    private async Task RunAsync(Hook hook, HookRunner hooks, CancellationToken cancellation)
    {
        try
        {
            await hooks.RunAsync(Component.Name, hook, on, cancellation).ConfigureAwait(false);
        }
        catch (HookFailedException e) when (hook.Platform is { } platform && IsOptional(platform))
        {
            Lose(platform, e);
        }
    }

    private PlannedPlatform Replanned(PlannedPlatform platform, IReadOnlyDictionary<string, BuildResult> siblings)
    {
        if (platform.Node.Build is not { Siblings.IsEmpty: false } build)
            return platform;
        var bases = platform.Bases.AddRange(build.Siblings.Select(sibling =>
            KeyValuePair.Create((sibling.Need.Reference, sibling.Need.Platform), BaseOf(sibling.Need, siblings[sibling.Sibling]))));
        var file = ReplacedDefaults.Without(BuildFiles.ReadDockerfile(build.Request, build.Files), build.Request).OrThrow();
        var plan = new Planner(file, build.Request).Plan(bases);
        return platform with { Plan = plan, Image = plan.Images[0] };
    }

    private BaseImage BaseOf(BaseNeed need, BuildResult sibling)
    {
        var image = PlatformChoice.Best(need.Platform, sibling.Images, image => image.Platform)
            ?? throw new BaseMissingException($"FROM {need.Reference} ({need.Place.File}:{need.Place.Line}): the base image of this "
                + $"project has no {need.Platform}: this optional platform failed.");
        return new BaseImage(need.Reference, need.Platform, image.Manifest, Manifest.Parse(tools.Builder.Store.ReadDocument(image.Manifest.Digest)), image.Config)
        {
            Origin = BaseOrigin.Sibling,
            LayerRepositories = [.. image.Layers.Select((layer, i) => layer.Step is BaseStep { Image: { } ground } ? ground.RepositoryOf(i) : need.Reference)],
        };
    }

    private async Task<ImmutableArray<BuiltImage>> MakeAsync(ImmutableArray<PlannedPlatform> platforms, CancellationToken cancellation)
    {
        if (platforms[0].Taken is not null)
            return [.. platforms.Select(Take)];
        var plan = platforms[0].Plan! with { Images = [.. platforms.Select(platform => platform.Image)] };
        return await session.SolveAsync(platforms[0].Node.Build!.Request, plan, (image, why) => IsOptional(image.Platform) && Lose(image.Platform, why), on, cancellation).ConfigureAwait(false);
    }

    private BuiltImage Take(PlannedPlatform platform)
    {
        var image = platform.Taken!;
        var layers = image.Config.RootFs.DiffIds.Zip(image.Manifest.Layers, (diffId, blob) => new PublishedLayer(diffId, blob, platform.Image.Last));
        var built = new BuiltImage(platform.Platform, image.Descriptor, [.. layers], image.Config);
        on(new ImageMade(built.Platform, built.Manifest, built.CompressedBytes) { Time = tools.Builder.Time.GetUtcNow() });
        return built;
    }

    private async Task<BuildResult> FinishAsync(ImmutableArray<ImagePlan> plans, ImmutableArray<BuiltImage> images, CancellationToken cancellation)
    {
        if (images.IsEmpty)
            throw new UsageException("No platform could be built: "
                + $"{string.Join(" ", missing.Select(lost => $"{lost.Platform}: {lost.Reason}"))}");
        var result = new BuildResult(await session.AssembleTopAsync(images, Component.Annotations, Component.HasNoIndex, cancellation)
            .ConfigureAwait(false), images, planned.Plan with
        {
            Images = [.. images.Select(image => plans.First(plan => plan.Platform == image.Platform))],
        });
        var report = await session.VerifyAsync(result, Component.Verification.Policy, on, cancellation).ConfigureAwait(false);
        report = await SmokeAsync(result, report, cancellation).ConfigureAwait(false);
        if (report is null || !report.Platforms.Any(platform => Refuses(platform)))
            return result with { Gate = report };
        var lost = report.Platforms.Where(platform => Refuses(platform) && IsOptional(platform.Platform)).ToList();
        if (report.Platforms.Any(platform => Refuses(platform) && !IsOptional(platform.Platform)))
            throw Refusal(report);
        foreach (var platform in lost)
            Lose(platform.Platform, Refusal(report with { Platforms = [platform] }));
        return await FinishAsync(plans, [.. images.Where(image => lost.All(platform => platform.Platform != image.Platform))], cancellation).ConfigureAwait(false);

        bool Refuses(PlatformReport platform) => platform.Findings.Any(finding => Component.Verification.Refusing.Refuses(finding.Severity));
        GateRefusedException Refusal(GateReport refused) => new(refused, Component.Verification.Refusing, Component.Name);
    }

    private async Task<GateReport?> SmokeAsync(BuildResult result, GateReport? report, CancellationToken cancellation)
    {
        if (Component.Verification.Run is not { } arguments)
            return report;
        report ??= new GateReport
        {
            Digest = result.Index.Digest,
            Platforms = [.. result.Images.Select(image => new PlatformReport { Platform = image.Platform, Manifest = image.Manifest.Digest, LayerCount = image.Layers.Length })],
        };
        await using var source = StoreSource.OfBuilt(tools.Builder.Store, tools.Builder.Registry, Component.Tags, result.Index);
        var started = await session.SmokeAsync(source, report, new RunOptions { Arguments = arguments, Timeout = Component.Verification.Timeout }, cancellation).ConfigureAwait(false);
        foreach (var finding in started.Findings.Where(finding => finding is { Id: FindingId.RunFailed } && !Component.Verification.Refusing.Refuses(finding.Severity)))
            on(new Warned(GateText.Line(finding)) { Time = tools.Builder.Time.GetUtcNow() });
        return started;
    }

    private bool IsOptional(Platform platform) => Component.Platforms.Any(each => each.Platform == platform && each.Optional);

    private bool Lose(Platform platform, Exception why)
    {
        var lost = new FailedPlatform(platform, why.Message);
        lock (missing)
        {
            if (missing.Any(other => other.Platform == platform))
                return true;
            missing.Add(lost);
        }
        Tell(lost);
        return true;
    }

    private void Tell(FailedPlatform lost) =>
        on(new Warned($"{Component.Name}: the optional platform {lost.Platform} failed and is left out: {lost.Reason}")
        {
            Time = tools.Builder.Time.GetUtcNow(),
        });
}
