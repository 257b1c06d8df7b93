using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Registry;

namespace Manifold.Building;

/// <summary>Platforms that are taken as they are: from registries by digest, from layouts and archives into the store.</summary>
/// <remarks>
/// Of a registry's image only the documents are fetched; its layers go from registry to registry when they are published.
/// Each place is read once.
/// </remarks>
internal sealed class TakenImages(Store store, RegistryClient registry)
{
    private readonly Puller puller = new(registry, store, new BlobOrigins(store));
    private readonly SharedWork<string, ResolvedImage> places = new();

    /// <summary>The image of a platform.</summary>
    /// <param name="pin">The digest that its reference is held to; null where its tag is asked.</param>
    /// <exception cref="UsageException">The place has no image for the platform.</exception>
    public async Task<BaseImage> FindAsync(ImageSource source, Platform platform, Digest? pin, CancellationToken cancellation)
    {
        var place = await places.GetAsync($"{source.Location} {pin}", stop => ResolveAsync(ImageLocation.Parse(source.Location), pin, stop),
            cancellation).ConfigureAwait(false);
        var image = await puller.GetImageAsync(place, platform, cancellation).ConfigureAwait(false)
            ?? throw new UsageException(
                $"{source.Place}: {source.Location} has no image for {platform}. It has: {string.Join(", ", place.Platforms)}.");
        return new BaseImage(source.Reference ?? place.Reference, platform, image.Descriptor, image.Manifest, image.Config)
        {
            FoundAs = source.Reference is { } asked && asked.Name == place.Reference.Name ? asked : place.Reference,
            Origin = pin is not null ? BaseOrigin.Locked : place.IsFromRegistry ? BaseOrigin.Registry : BaseOrigin.Store,
            Top = place.Top.Digest,
        };
    }

    /// <summary>Brings the images of all layouts that a project names into the store, and says how each is known there.</summary>
    public async Task<Func<LayoutContext, ImageReference>> PlaceLayoutsAsync(Project project, CancellationToken cancellation)
    {
        var layouts = new Dictionary<LayoutContext, ImageReference>();
        foreach (var layout in project.Components.SelectMany(component => component.Platforms)
            .Select(platform => platform.Source).OfType<BuildSource>()
            .SelectMany(source => source.Contexts.Values).OfType<LayoutContext>().Distinct())
            layouts[layout] = await PlaceAsync(layout, cancellation).ConfigureAwait(false);
        return layout => layouts[layout];
    }

    /// <summary>A layout's image, brought into the store; its name there is by digest.</summary>
    public Task<ImageReference> PlaceAsync(LayoutContext layout, CancellationToken cancellation) => PlaceAsync(
        ImageLocation.Parse($"oci:{layout.Folder}" + (layout.Tag is null ? "" : ":" + layout.Tag)
            + (layout.Digest is null ? "" : "@" + layout.Digest)), cancellation);

    private async Task<ResolvedImage> ResolveAsync(ImageLocation location, Digest? pin, CancellationToken cancellation) =>
        await puller.ResolveAsync(location.Transport switch
        {
            Transport.Registry => pin is { } digest ? location.Reference!.WithDigest(digest) : location.Reference!,
            Transport.Store => Stored(location.Reference!),
            _ => await PlaceAsync(location, cancellation).ConfigureAwait(false),
        }, cancellation).ConfigureAwait(false);

    private ImageReference Stored(ImageReference reference)
    {
        if (puller.Local.Find(reference) is not var (name, target))
            throw new UsageException($"The store has no image '{reference}'. To list images, run: manifold images");
        return name.WithDigest(target.Digest);
    }

    private async Task<ImageReference> PlaceAsync(ImageLocation location, CancellationToken cancellation)
    {
        await using var source = new ImageSources(store, registry).Open(location);
        var parts = await ImageParts.ReadAsync(source, withReferrers: false, cancellation).ConfigureAwait(false);
        await StoreTarget.PlaceAsync(store, source, parts, null, cancellation).ConfigureAwait(false);
        return ImageReference.Parse($"{location.Transport.ToString().ToLowerInvariant()}.invalid/image")
            .WithDigest(parts.Top.Descriptor.Digest);
    }
}
