using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving;

namespace Manifold.Projects.Locking;

/// <summary>What a project asks for is not what its lock file says; nothing was started.</summary>
internal sealed class LockFileException(string message) : ManifoldException(message)
{
    public override int ExitCode => 2;
}

/// <summary>How a bake goes by a lock file.</summary>
/// <param name="Only">Refuses what is not pinned (<c>--locked</c>); else that is taken as it is now.</param>
internal sealed record LockUse(ProjectLock Lock, bool Only)
{
    /// <summary>What outside images are held to.</summary>
    public BasePins Pins => field ??= new BasePins(Lock.File,
        Lock.Images.ToImmutableDictionary(image => ImageReference.Parse(image.Key), image => image.Value.Digest));

    /// <summary>The digest that a taken image is held to.</summary>
    /// <exception cref="LockFileException">It is not pinned for the platform, and must be.</exception>
    public Digest? PinOf(ImageSource source, Platform platform)
    {
        if (source.Reference is not { Digest: null } reference)
            return null;
        if (Only && !IsPinned(reference, platform))
            throw NotPinned([$"{source.Place}: '{reference}' ({platform})"]);
        return Lock.Find(reference)?.Digest;
    }

    /// <summary>What the project stands on and the file does not pin, each place once.</summary>
    private ImmutableArray<string> NotPinnedBy(ProjectGraph graph) =>
        [.. Movable(graph).Where(each => !IsPinned(each.Reference, each.Platform))
            .Select(each => each with { Place = each.Place with { Column = 0, Length = 0 } })
            .GroupBy(each => (each.Place, each.Reference))
            .Select(group => $"{group.Key.Place.File}:{group.Key.Place.Line}: '{group.Key.Reference}"
                + $"' ({string.Join(", ", group.Select(each => each.Platform).Distinct())}){Others(group.Key.Reference)}")];

    /// <summary>What is to be told of images that are not pinned and may be taken as they are now.</summary>
    /// <exception cref="LockFileException">They may not; all of them in one message.</exception>
    public ImmutableArray<string> RequireImages(ProjectGraph graph)
    {
        var missing = NotPinnedBy(graph);
        return Only && !missing.IsEmpty ? throw NotPinned(missing)
            : [.. missing.Select(each => $"{each} is not pinned in {Lock.File}, so its current version is used. To pin it, run: "
            + $"{Lock.Command}")];
    }

    /// <exception cref="LockFileException">A source's commit is not pinned; all of them in one message.</exception>
    public void RequireSources(ProjectGraph graph)
    {
        var missing = graph.Nodes.Select(node => node.Component.Checkout).OfType<SourceCheckout>()
            .Where(checkout => ProjectLock.IsMovable(checkout) && !Lock.Sources.ContainsKey(ProjectLock.SourceName(checkout))).ToList();
        if (Only && missing.Count > 0)
            throw NotPinned(
                [.. missing.Select(checkout => $"{checkout.Place}: the source '{ProjectLock.SourceName(checkout)}'").Distinct()]);
    }

    /// <summary>
    /// What may not be asked for, because only pins count;
    /// what remains of it when <see cref="RequireImages"/> has spoken is of platforms that may fail.
    /// </summary>
    public IEnumerable<MissingBase> Refused(IEnumerable<BaseNeed> needs) => !Only ? []
        : needs.Where(need => need.Reference.Digest is null && !IsPinned(need.Reference, need.Platform))
            .Select(
                need => new MissingBase(need, NotPinned([$"{need.Place.File}:{need.Place.Line}: '{need.Reference}' ({need.Platform})"])));

    /// <summary>What was found under a pinned digest and is not what the file says of the platform.</summary>
    public IEnumerable<MissingBase> Mismatches(
        IEnumerable<BaseNeed> needs, IReadOnlyDictionary<(ImageReference, Platform), BaseImage> found) =>
        needs.Where(need => found.TryGetValue((need.Reference, need.Platform), out var image) && Differs(need.Reference, image))
            .Select(need => new MissingBase(need, Mismatch(need.Place, need.Reference, found[(need.Reference, need.Platform)])));

    /// <exception cref="LockFileException">The image is not what the file says of the platform.</exception>
    public void RequireMatch(Place place, ImageReference reference, BaseImage image)
    {
        if (Differs(reference, image))
            throw Mismatch(place, reference, image);
    }

    private sealed record Movables(Place Place, ImageReference Reference, Platform Platform);

    /// <summary>
    /// What comes from outside under a name that may move. Platforms that may fail are asked for one by one, when they are planned.
    /// </summary>
    private static IEnumerable<Movables> Movable(ProjectGraph graph) =>
        graph.Nodes.SelectMany(node => node.Platforms).Where(platform => !platform.Of.Optional)
            .SelectMany(platform =>
                platform.Of.Source is ImageSource { Reference: { } taken } source ? [new Movables(source.Place, taken, platform.Platform)]
                    : platform.Build?.Outside.Select(need => new Movables(need.Place, need.Reference, need.Platform)) ?? [])
            .Where(each => each.Reference.Digest is null);

    private bool IsPinned(ImageReference reference, Platform platform) =>
        Lock.Find(reference)?.Platforms.ContainsKey(platform.ToString()) is true;

    private bool Differs(ImageReference reference, BaseImage image) =>
        Lock.Find(reference) is { } locked
            && locked.Platforms.TryGetValue(image.Platform.ToString(), out var pinned)
            && pinned != image.Descriptor.Digest;

    private string Others(ImageReference reference)
    {
        var others = Lock.Images.Keys
            .Where(key => ImageReference.Parse(key) is var other && other.Name == reference.Name && other != reference)
            .ToList();
        return others.Count > 0 ? $". The file pins {string.Join(", ", others)}" : "";
    }

    private LockFileException NotPinned(ImmutableArray<string> what) =>
        new($"{string.Join('\n', what)}\n{(what.Length == 1 ? "It is" : "They are")} not pinned in {Lock.File}, and --locked allows only "
            + $"pinned versions. To pin {(what.Length == 1 ? "it" : "them")}, run: {Lock.Command}");

    private LockFileException Mismatch(Place place, ImageReference reference, BaseImage image) =>
        new($"{place.File}:{place.Line}: {Lock.File} pins '{reference}' for {image.Platform} to "
            + $"{Lock.Find(reference)!.Platforms[image.Platform.ToString()]}, "
            + $"but the pinned index contains {image.Descriptor.Digest}. The file was edited by hand or merged incorrectly. To recreate "
            + $"it, run: {Lock.Command} --update");
}
