using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Registry;
using Manifold.Solving;

namespace Manifold.Building;

/// <summary>Plans each platform of a component again, on the images that its siblings have become.</summary>
/// <remarks>
/// A platform waits for the images of its own platform alone, not for whole siblings. So an image that was used can turn out not to be the
/// final one, because its gate refused it, or because a damaged cache made its sibling start again. Thread-safe.
/// </remarks>
/// <param name="siblings">The components that this one needs, by name.</param>
internal sealed class Replanning(
    BuilderTools tools, PlannedComponent planned, IReadOnlyDictionary<string, Sibling> siblings, Action<BuildEvent> on)
{
    private readonly Lock door = new();
    private readonly Dictionary<(Platform Platform, BaseNeed Need), Digest> used = [];

    /// <summary>The platforms as they are planned now.</summary>
    public required ImmutableArray<PlannedPlatform> Platforms { get; set; }

    /// <summary>Waits for the images that a platform needs, and plans it on them.</summary>
    /// <exception cref="SiblingNotBuiltException">A sibling was not built.</exception>
    /// <exception cref="BaseMissingException">A sibling has no image for the platform.</exception>
    public async Task<PlannedPlatform> PlanAsync(PlannedPlatform platform, CancellationToken cancellation)
    {
        if (platform.Node.Build is not { Siblings.IsEmpty: false } build)
            return platform;
        var bases = platform.Bases;
        foreach (var (need, name) in build.Siblings)
        {
            lock (door)
                used.Remove((platform.Platform, need));
            var image = await ImageAsync(need, name, cancellation).ConfigureAwait(false);
            bases = bases.SetItem((need.Reference, need.Platform), BaseOf(need, image));
            lock (door)
                used[(platform.Platform, need)] = image.Manifest.Digest;
        }
        var file = ReplacedDefaults.Without(BuildFiles.ReadDockerfile(build.Request, build.Files), build.Request).OrThrow();
        var plan = new Planner(file, build.Request).Plan(bases);
        var ready = platform with { Plan = plan, Image = plan.Images[0] };
        lock (door)
        {
            Platforms = [.. Platforms.Select(each => each.Platform == ready.Platform ? ready : each)];
            var whole = planned.Plan with { Images = [.. Platforms.Select(each => each.Image)] };
            on(new PlanMade(whole.Steps.Count(), Platforms.Length) { Time = tools.Time.GetUtcNow(), Plan = whole, IsUpdate = true });
        }
        return ready;
    }

    /// <summary>Waits until all siblings are built. Returns whether all images that were used are the final ones.</summary>
    /// <exception cref="SiblingNotBuiltException">A sibling was not built.</exception>
    public async Task<bool> IsFinalAsync(CancellationToken cancellation)
    {
        foreach (var name in siblings.Keys)
            await ResultAsync(name, cancellation).ConfigureAwait(false);
        foreach (var (need, name) in Platforms.SelectMany(platform => platform.Node.Build?.Siblings ?? []))
        {
            var final = FinalImage(need, await ResultAsync(name, cancellation).ConfigureAwait(false))?.Manifest.Digest;
            lock (door)
            {
                if (used.Any(each => each.Key.Need == need && each.Value != final))
                    return false;
            }
        }
        return true;
    }

    private async Task<BuiltImage> ImageAsync(BaseNeed need, string name, CancellationToken cancellation)
    {
        var sibling = siblings[name];
        if (!sibling.Outcome.IsCompleted
            && await sibling.Images.FindAsync(need.Platform).WaitAsync(cancellation).ConfigureAwait(false) is { } early)
            return early;
        return FinalImage(need, await ResultAsync(name, cancellation).ConfigureAwait(false))
            ?? throw new BaseMissingException($"FROM {need.Reference} ({need.Place.File}:{need.Place.Line}): the base image of this "
                + $"project has no {need.Platform}: this optional platform failed.");
    }

    private async Task<BuildResult> ResultAsync(string name, CancellationToken cancellation) =>
        (await siblings[name].Outcome.WaitAsync(cancellation).ConfigureAwait(false)).Result ?? throw new SiblingNotBuiltException(name);

    private static BuiltImage? FinalImage(BaseNeed need, BuildResult sibling) =>
        PlatformChoice.Best(need.Platform, sibling.Images, image => image.Platform);

    private BaseImage BaseOf(BaseNeed need, BuiltImage image) => new(need.Reference,
        need.Platform, image.Manifest, Manifest.Parse(tools.Store.ReadDocument(image.Manifest.Digest)), image.Config)
    {
        Origin = BaseOrigin.Sibling,
        LayerRepositories =
        [
            .. image.Layers.Select(
                (layer, i) => layer.Step is BaseStep { Image: { } ground } ? ground.RepositoryOf(i) : need.Reference),
        ],
    };
}
