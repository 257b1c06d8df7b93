using System.Collections.Immutable;
using Manifold.Events;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Registry;
using Manifold.Solving;

namespace Manifold.Building.Locking;

/// <summary>What is asked of a lock.</summary>
internal sealed record LockRequest(Project Project, GraphOptions Graph)
{
    /// <summary>What is pinned already; <see cref="LockFile.Empty"/> where nothing is.</summary>
    public required ProjectLock Current { get; init; }

    /// <summary>Asks for everything again, and takes nothing from <see cref="Current"/>.</summary>
    public bool Update { get; init; }

    /// <summary>Also takes names of this machine's store, as a build does. A lock that others are to use does not.</summary>
    public bool OfThisMachine { get; init; }
}

/// <summary>A lock, and the platforms that may fail and could not be pinned, each with the reason.</summary>
internal sealed record MadeLock(ProjectLock Lock, ImmutableArray<string> Without);

/// <summary>Finds out what a project stands on now, and pins it.</summary>
/// <remarks>
/// <code>
/// sources        1  checked out: their commits
/// graph          2  images from outside, and images that are taken, of the chosen components and what these stand on
/// references     3  what is pinned stays, unless all is renewed; the rest is asked for in the registries, each once
///                4  what nobody needs any more is dropped, where the whole project was looked at
/// </code>
/// Fetches documents and no layers. Everything that cannot be found is told together.
/// </remarks>
internal sealed class LockMaker(BuilderTools tools)
{
    public async Task<MadeLock> MakeAsync(LockRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 1
        var known = request.Update ? null : request.Current;
        var graph = new ProjectGraph(request.Project, request.Graph);
        var sources = await SourceCheckouts.PrepareAsync(
            request.Project, [.. graph.Nodes.Select(node => node.Name)], known, cancellation).ConfigureAwait(false);
        // 2
        graph = sources.Project == request.Project ? graph : new ProjectGraph(sources.Project, request.Graph);
        var problems = new List<ManifoldException>();
        var without = new List<string>();
        var found = await FindAsync(graph, request, known, on, cancellation).ConfigureAwait(false);
        foreach (var (need, optional, why) in found.Where(each => each.Why is not null)
            .Select(each => (each.Need, each.Optional, each.Why!)))
        {
            if (optional)
                without.Add($"{need.Reference} ({need.Platform}): {why.Message}");
            else
                problems.Add(why);
        }
        SeveralProblemsException.ThrowIfAny(problems);
        return new MadeLock(Merge(request, found, sources.Commits), [.. without.Distinct()]);
    }

    private sealed record Found(BaseNeed Need, bool Optional, BaseImage? Image, ManifoldException? Why);

    private async Task<ImmutableArray<Found>> FindAsync(
        ProjectGraph graph, LockRequest request, ProjectLock? known, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var platforms = graph.Nodes.SelectMany(node => node.Platforms).ToList();
        // A reference that one needs and another may go without is needed.
        var needs = platforms.SelectMany(platform =>
            (platform.Build?.Outside ?? []).Where(need => need.Reference.Digest is null).Select(need => (Need: need, platform.Of.Optional)))
            .GroupBy(each => (each.Need.Reference, each.Need.Platform))
            .Select(group => (group.First().Need, Optional: group.All(each => each.Optional))).ToList();
        var resolver = new BaseResolver(new Puller(tools.Registry, tools.Store, new BlobOrigins(tools.Store)), tools.Store, tools.Time)
        {
            Pins = known is null ? null : new LockUse(known, false).Pins,
        };
        var bases = resolver.FindAsync([.. needs.Select(each => each.Need)], !request.OfThisMachine, on, cancellation);
        var taken = Task.WhenAll(
            platforms.Where(platform => platform.Of.Source is ImageSource { Reference.Digest: null } source && source.Reference is not null)
                .Select(platform => TakeAsync(platform, known, cancellation)));
        var found = await bases.ConfigureAwait(false);
        return
        [
            .. needs.Select(
                each => new Found(each.Need, each.Optional, found.Images.GetValueOrDefault((each.Need.Reference, each.Need.Platform)),
                    found.Problems.FirstOrDefault(
                        problem => (problem.Need.Reference, problem.Need.Platform) == (each.Need.Reference, each.Need.Platform))?.Why)),
            .. await taken.ConfigureAwait(false),
        ];
    }

    private async Task<Found> TakeAsync(PlatformNode platform, ProjectLock? known, CancellationToken cancellation)
    {
        var source = (ImageSource)platform.Of.Source;
        var need = new BaseNeed(source.Reference!, platform.Platform, source.Place);
        try
        {
            return new Found(need, platform.Of.Optional,
                await new TakenImages(tools.Store, tools.Registry).FindAsync(
                    source, platform.Platform, known?.Find(source.Reference!)?.Digest, cancellation).ConfigureAwait(false), null);
        }
        catch (ManifoldException e)
        {
            return new Found(need, platform.Of.Optional, null, e);
        }
    }

    private static ProjectLock Merge(LockRequest request, ImmutableArray<Found> found, ImmutableSortedDictionary<string, string> commits)
    {
        // 3
        var images = found.Where(each => each.Image is not null).GroupBy(each => each.Need.Reference.ToString())
            .ToImmutableSortedDictionary(group => group.Key, group => new LockedImage(
                group.First().Image!.Top!.Value,
                group.DistinctBy(each => each.Need.Platform).ToImmutableSortedDictionary(each => each.Need.Platform.ToString(),
                    each => each.Image!.Descriptor.Digest, StringComparer.Ordinal)), StringComparer.Ordinal);
        // 4
        if (request.Graph.Names.IsEmpty)
            return request.Current with { Images = images, Sources = commits };
        return request.Current with
        {
            Images = request.Current.Images.SetItems(images.Select(
                image => KeyValuePair.Create(image.Key, Joined(request.Current.Images.GetValueOrDefault(image.Key), image.Value)))),
            Sources = request.Current.Sources.SetItems(commits),
        };
    }

    /// <summary>Platforms that only other images of the project need stay, as long as they are of the same index.</summary>
    private static LockedImage Joined(LockedImage? before, LockedImage now) =>
        before?.Digest == now.Digest ? now with { Platforms = before.Platforms.SetItems(now.Platforms) } : now;
}
