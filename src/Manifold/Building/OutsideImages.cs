using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Registry;
using Manifold.Solving;

namespace Manifold.Building;

/// <summary>The images that a project needs from outside: bases, and images that are taken as they are.</summary>
/// <param name="pins">The digests that they are held to; null if nothing is pinned.</param>
internal sealed class OutsideImages(BuilderTools tools, ProjectGraph graph, LockUse? pins, Action<BuildEvent> on)
{
    private readonly TakenImages takenImages = new(tools.Store, tools.Registry);
    private readonly BaseResolver resolver =
        new(new Puller(tools.Registry, tools.Store, new BlobOrigins(tools.Store)), tools.Store, tools.Time) { Pins = pins?.Pins };

    /// <summary>Finds the bases of all builds, each reference once. A problem with one is in the result.</summary>
    public async Task<FoundBases> FindBasesAsync(CancellationToken cancellation)
    {
        var builds = graph.Nodes.SelectMany(node => node.Platforms).Select(platform => platform.Build).OfType<PlatformBuild>().ToList();
        var refused = pins?.Refused(builds.SelectMany(build => build.Outside)).ToList() ?? [];
        var forbidden = refused.Select(missing => (missing.Need.Reference, missing.Need.Platform)).ToHashSet();
        var found = await Task.WhenAll(builds.GroupBy(build => build.Request.Pull).Select(group =>
            resolver.FindAsync(
                [.. group.SelectMany(build => build.Outside).DistinctBy(need => (need.Reference, need.Platform))
                    .Where(need => !forbidden.Contains((need.Reference, need.Platform)))],
                group.Key, on, cancellation))).ConfigureAwait(false);
        var images = found.SelectMany(each => each.Images).DistinctBy(image => image.Key).ToImmutableDictionary();
        return new FoundBases(images, [.. refused,
            .. found.SelectMany(each => each.Problems), .. pins?.Mismatches(builds.SelectMany(build => build.Outside), images) ?? []]);
    }

    /// <summary>Starts to find the images that are taken as they are. A problem with one is its platform's.</summary>
    public Dictionary<PlatformNode, Task<BaseImage>> FindTaken(CancellationToken cancellation) =>
        graph.Nodes.SelectMany(node => node.Platforms).Where(platform => platform.Of.Source is ImageSource).ToDictionary(
            platform => platform,
            platform => FindTakenAsync((ImageSource)platform.Of.Source, platform.Platform, cancellation),
            ReferenceEqualityComparer.Instance as IEqualityComparer<PlatformNode>);

    /// <summary>Finds the additional bases that a plan needs, such as those of an ONBUILD.</summary>
    /// <exception cref="ManifoldException">One of them is missing.</exception>
    public Task<ImmutableDictionary<(ImageReference, Platform), BaseImage>> FindMoreAsync(
        ImmutableArray<BaseNeed> needs, bool pull, CancellationToken cancellation) => resolver.ResolveAsync(needs, pull, on, cancellation);

    private async Task<BaseImage> FindTakenAsync(ImageSource source, Platform platform, CancellationToken cancellation)
    {
        var pin = pins?.PinOf(source, platform);
        var image = await takenImages.FindAsync(source, platform, pin, cancellation).ConfigureAwait(false);
        if (pin is not null)
            pins!.RequireMatch(source.Place, source.Reference!, image);
        return image;
    }
}
