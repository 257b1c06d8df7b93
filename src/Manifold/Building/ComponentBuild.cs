using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Solving;
using Manifold.Solving.Keeping;
using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Building;

/// <summary>Builds one component. Each platform starts as soon as the images of siblings that it needs are there.</summary>
/// <remarks>
/// <code>
/// hooks                1  the files that its builds copy, unless they are there already
/// siblings' images     2  the plan of a platform is made again on what these have become
/// units                3  each platform alone, here or elsewhere; what is taken is taken as it is
/// siblings             4  all of them are built: otherwise, nothing gets a name
/// platforms            5  one index, in the order of the file
/// index                6  the gate; each platform is started if that is asked for
///                      7  its names in the store
/// </code>
/// An optional platform that fails is left out, wherever on this road that happens.
/// </remarks>
internal sealed class ComponentBuild(
    BuilderTools tools,
    PlannedComponent planned,
    BuildSession session,
    IUnitHost host,
    Action<BuildEvent> on)
{
    private readonly List<FailedPlatform> missing = [.. planned.Missing];

    /// <inheritdoc cref="Unit.PushTo"/>
    public ImmutableArray<ImageReference> PushTo { get; init; } = [];

    /// <summary>Gets the images for the components that need them.</summary>
    public SiblingImages Images { get; init; } = new(planned);

    private Component Component => planned.Component;

    private sealed record Made(BuildResult Result, ImmutableArray<PlannedPlatform> Platforms);

    /// <param name="siblings">The components that it needs, by name.</param>
    /// <exception cref="SiblingNotBuiltException">One of them was not built.</exception>
    public async Task<ComponentResult> RunAsync(
        IReadOnlyDictionary<string, Sibling> siblings, HookRunner hooks, CancellationToken cancellation)
    {
        foreach (var lost in planned.Missing)
            Tell(lost);
        // 1
        var asked = planned.Platforms.Select(platform => platform.Platform).ToHashSet();
        foreach (var hook in Component.Before.Where(hook => hook.Platform is not { } only || asked.Contains(only)))
            await RunAsync(hook, hooks, cancellation).ConfigureAwait(false);
        ImmutableArray<PlannedPlatform> platforms =
            [.. planned.Platforms.Where(platform => missing.All(lost => lost.Platform != platform.Platform))];
        var plan = planned.Plan with { Images = [.. platforms.Select(platform => platform.Image)] };
        on(new PlanMade(plan.Steps.Count(), platforms.Length) { Time = tools.Time.GetUtcNow(), Plan = plan });
        // 2 to 6
        var replanning = new Replanning(tools, planned, siblings, on) { Platforms = platforms };
        var (result, built) = await session.DespiteCachesAsync(
            () => MakeAllAsync(platforms, replanning, null, cancellation), on).ConfigureAwait(false);
        // 7
        tools.Store.Tags.SetAll([.. Component.Tags.Select(tag => (tag, result.Index))]);
        await ExportCachesAsync(built, result, cancellation).ConfigureAwait(false);
        return new ComponentResult(planned, ComponentState.Built) { Result = result, Missing = [.. missing], Platforms = built };
    }

    /// <summary>Returns the image in another form. Names nothing in the store.</summary>
    public async Task<BuildResult> VariantAsync(
        ImmutableArray<PlannedPlatform> platforms, UnitVariant variant, CancellationToken cancellation) =>
        (await session.DespiteCachesAsync(() => MakeAllAsync(platforms, null, variant, cancellation), on).ConfigureAwait(false)).Result;

    /// <param name="replanning">Plans each platform on the images of siblings; null if that was done.</param>
    private async Task<Made> MakeAllAsync(
        ImmutableArray<PlannedPlatform> platforms, Replanning? replanning, UnitVariant? variant, CancellationToken cancellation)
    {
        await using var runner = host.Open(session, on);
        await runner.RequireAsync([.. platforms.SelectMany(platform => platform.Image.Steps)]).ConfigureAwait(false);
        var groups = platforms.Where(platform => platform.Node.Build is not null).GroupBy(platform => platform.Node.Build!.Group)
            .ToDictionary(group => group.Key, group => GroupOf([.. group], variant));
        BuiltImage?[] made;
        do
        {
            made = await FirstFailure.WhenAllAsync(platforms, async (platform, token) =>
            {
                // 2
                if (platform.Node.Build is not { } build)
                    return Take(platform);
                if (await ReadyAsync(platform, replanning, token).ConfigureAwait(false) is not { } ready)
                    return null;
                // 3
                var group = groups[build.Group];
                var unit = new Unit(UnitRequest.Of(planned.Name, group.Request, ready.Image, group.Plan), ready.Image, group)
                {
                    PushTo = variant is null ? PushTo : [],
                };
                return await MakeAsync(unit, runner, token).ConfigureAwait(false);
            }, cancellation).ConfigureAwait(false);
        }
        // 4
        while (replanning is not null && !await replanning.IsFinalAsync(cancellation).ConfigureAwait(false));
        var all = replanning?.Platforms ?? platforms;
        // 5, 6
        ImmutableArray<Annotation> annotations = [.. Component.Annotations, .. variant?.Annotations ?? []];
        return new Made(await FinishAsync([.. all.Select(platform => platform.Image)],
            [.. made.OfType<BuiltImage>()], annotations, cancellation).ConfigureAwait(false), all);
    }

    private async Task<PlannedPlatform?> ReadyAsync(PlannedPlatform platform, Replanning? replanning, CancellationToken cancellation)
    {
        try
        {
            return replanning is null ? platform : await replanning.PlanAsync(platform, cancellation).ConfigureAwait(false);
        }
        catch (BaseMissingException e) when (IsOptional(platform.Platform))
        {
            Lose(platform.Platform, e);
            return null;
        }
    }

    private static UnitGroup GroupOf(ImmutableArray<PlannedPlatform> platforms, UnitVariant? variant)
    {
        var (request, plan) = (platforms[0].Node.Build!.Request, platforms[0].Plan!);
        return new UnitGroup(variant?.Applied(request) ?? request,
            plan with { Images = [.. platforms.Select(platform => platform.Image)] });
    }

    private async Task<BuiltImage?> MakeAsync(Unit unit, IUnitRunner runner, CancellationToken cancellation)
    {
        try
        {
            var image = (await runner.RunAsync(unit, cancellation).ConfigureAwait(false)).ImageOf(unit, tools.Store);
            on(new ImageMade(image.Platform, image.Manifest, image.CompressedBytes) { Time = tools.Time.GetUtcNow() });
            Images.Add(image);
            return image;
        }
        catch (Exception e) when (e is not (OperationCanceledException or CacheDamagedException) && IsOptional(unit.Image.Platform))
        {
            Lose(unit.Image.Platform, e);
            return null;
        }
    }

    private async Task ExportCachesAsync(ImmutableArray<PlannedPlatform> platforms, BuildResult result, CancellationToken cancellation)
    {
        var built = result.Images.Select(image => image.Platform).ToHashSet();
        var groups = platforms.Where(platform => platform.Node.Build is not null && built.Contains(platform.Platform))
            .GroupBy(platform => platform.Node.Build!.Group);
        foreach (var group in groups)
            await session.ExportCacheAsync(group.First().Node.Build!.Request,
                [.. group.Select(platform => platform.Image)], on, cancellation)
                .ConfigureAwait(false);
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

    private BuiltImage Take(PlannedPlatform platform)
    {
        var image = platform.Taken!;
        var layers =
            image.Config.RootFs.DiffIds.Zip(image.Manifest.Layers, (diffId, blob) => new PublishedLayer(diffId, blob, platform.Image.Last));
        var built = new BuiltImage(platform.Platform, image.Descriptor, [.. layers], image.Config);
        on(new ImageMade(built.Platform, built.Manifest, built.CompressedBytes) { Time = tools.Time.GetUtcNow() });
        Images.Add(built);
        return built;
    }

    private async Task<BuildResult> FinishAsync(
        ImmutableArray<ImagePlan> plans,
        ImmutableArray<BuiltImage> images,
        ImmutableArray<Annotation> annotations,
        CancellationToken cancellation)
    {
        if (images.IsEmpty)
            throw new UsageException("No platform could be built: "
                + $"{string.Join(" ", missing.Select(lost => $"{lost.Platform}: {lost.Reason}"))}");
        var result = new BuildResult(await session.AssembleTopAsync(images, annotations, Component.HasNoIndex, cancellation)
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
        return await FinishAsync(plans,
            [.. images.Where(image => lost.All(platform => platform.Platform != image.Platform))], annotations, cancellation)
            .ConfigureAwait(false);

        bool Refuses(PlatformReport platform) =>
            platform.Findings.Any(finding => Component.Verification.Refusing.Refuses(finding.Severity));
        GateRefusedException Refusal(GateReport refused) =>
            new(refused, Component.Verification.Refusing, Component.Origin.Name);
    }

    private async Task<GateReport?> SmokeAsync(BuildResult result, GateReport? report, CancellationToken cancellation)
    {
        if (Component.Verification.Run is not { } arguments)
            return report;
        report ??= new GateReport
        {
            Digest = result.Index.Digest,
            Platforms = [.. result.Images.Select(image =>
                new PlatformReport { Platform = image.Platform, Manifest = image.Manifest.Digest, LayerCount = image.Layers.Length })],
        };
        await using var source = StoreSource.OfBuilt(tools.Store, tools.Registry, Component.Tags, result.Index);
        var started = await session.SmokeAsync(source,
            report, new RunOptions { Arguments = arguments, Timeout = Component.Verification.Timeout }, cancellation).ConfigureAwait(false);
        foreach (var finding in started.Findings.Where(
            finding => finding is { Id: FindingId.RunFailed } && !Component.Verification.Refusing.Refuses(finding.Severity)))
            tools.Warn(on, GateText.Line(finding));
        return started;
    }

    private bool IsOptional(Platform platform) => Component.Platforms.Any(each => each.Platform == platform && each.Optional);

    private void Lose(Platform platform, Exception why)
    {
        var lost = new FailedPlatform(platform, why.Message);
        lock (missing)
        {
            if (missing.Any(other => other.Platform == platform))
                return;
            missing.Add(lost);
        }
        Tell(lost);
    }

    private void Tell(FailedPlatform lost) =>
        tools.Warn(on, $"{Component.Name}: the optional platform {lost.Platform} failed and is left out: {lost.Reason}");
}
