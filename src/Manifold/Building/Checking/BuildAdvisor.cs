using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Registry;
using Manifold.Sandbox;

namespace Manifold.Building.Checking;

/// <summary>Collects advice for builds that are planned or checked.</summary>
/// <remarks>
/// <code>
/// plan    1  cross-compile   compilers that run emulated
/// bases   2  newer-patch     asks registries for their tags, for a few seconds at most; no answer is no advice
///         3  shared-base     images that use different versions of one base image
/// </code>
/// Never fails because of a registry.
/// </remarks>
internal sealed class BuildAdvisor(Emulators emulators, RegistryClient registry, TimeProvider time)
{
    private const int MostRepositories = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public async Task<ImmutableArray<BuildAdvice>> OfAsync(IReadOnlyCollection<AdvisedBuild> builds, CancellationToken cancellation)
    {
        // 1
        var emulated = new HashSet<Platform>();
        var runs = builds.SelectMany(build => build.Plan?.Steps.OfType<RunStep>() ?? []);
        foreach (var platform in runs.Select(run => run.Platform).Distinct())
        {
            if ((await emulators.ForAsync(platform).ConfigureAwait(false)).Kind == EmulationKind.Emulated)
                emulated.Add(platform);
        }
        // 2
        var newer = await NewerAsync(builds, cancellation).ConfigureAwait(false);
        // 3
        return [.. LocalAdvice.Of(builds, run => emulated.Contains(run.Platform)), .. newer];
    }

    private async Task<IEnumerable<BuildAdvice>> NewerAsync(IReadOnlyCollection<AdvisedBuild> builds, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        // A registry that did not answer before is not asked again.
        var repositories = builds.SelectMany(build => build.Bases.Select(image => (build.Component, Image: image)))
            .Where(each => each.Image.Origin is BaseOrigin.Registry or BaseOrigin.Locked && NewerTags.HasPatch(each.Image.FoundAs))
            .GroupBy(each => each.Image.FoundAs.Name).Take(MostRepositories).ToList();
        var found = await Task.WhenAll(repositories.Select(async same =>
        {
            var tags = await TagsAsync(same.First().Image.FoundAs, bounded.Token).ConfigureAwait(false);
            return same.GroupBy(each => each.Image.FoundAs.Tag!)
                .Select(uses => Advice(uses.First().Image.FoundAs, uses.Select(use => use.Component), tags)).OfType<BuildAdvice>().ToList();
        })).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return found.SelectMany(advice => advice);
    }

    private static BuildAdvice? Advice(ImageReference image, IEnumerable<string> components, ImmutableArray<string> tags) =>
        NewerTags.Find(image, tags) is not { } newer ? null : new BuildAdvice(AdviceKind.NewerPatch,
            $"'{image.Name}:{image.Tag}' has a newer patch release. Use: {image.Name}:{newer}")
        {
            Component = string.Join(", ", components.Where(name => name.Length > 0).Distinct()),
        };

    private async Task<ImmutableArray<string>> TagsAsync(ImageReference image, CancellationToken cancellation)
    {
        try
        {
            return await registry.ListTagsAsync(image, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or OperationCanceledException or IOException or HttpRequestException)
        {
            return []; // a hint is not worth a message
        }
    }
}
