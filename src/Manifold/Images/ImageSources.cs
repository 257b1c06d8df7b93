using System.Net;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>Opens the images that a location names, wherever they are.</summary>
/// <remarks>Opening costs nothing and cannot fail; what is wrong with a place is told when it is read first.</remarks>
internal sealed class ImageSources(Store store, RegistryClient registry)
{
    // Somebody without a network has no minute to wait for what the store has too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>The place that is named; a bare reference is the registry's. Owned by the caller.</summary>
    public IImageSource Open(ImageLocation location) => location.Transport switch
    {
        Transport.Registry => new RegistrySource(registry, store, location.Reference!),
        Transport.Store => new StoreSource(store, registry, Stored(location.Reference!) ?? location.Reference!),
        Transport.OciLayout => new LayoutSource(location, () => OpenFolder(location.Path!)),
        Transport.OciArchive => new LayoutSource(location, () => TarArchive.Open(location.Path!, () => store.WorkFolder)),
        _ => new DockerArchiveSource(location, () => TarArchive.Open(location.Path!, () => store.WorkFolder)),
    };

    /// <summary>
    /// As <see cref="Open"/>; where a bare reference is not to be had from its registry, the store's image of that name is taken
    /// if there is one and if it was never in the registry.
    /// </summary>
    /// <remarks>
    /// <see cref="IImageSource.Location"/> says where it was found. If the name has no registry, and the store's image of that name was
    /// built here, no registry is asked.
    /// </remarks>
    /// <param name="tell">Gets, for people, why it is the store's.</param>
    /// <exception cref="RegistryException">The registry had the store's image, and has lost it.</exception>
    public async Task<IImageSource> FindAsync(
        ImageLocation location, Action<string>? tell = null, CancellationToken cancellation = default)
    {
        var source = Open(location);
        if (location.IsExplicit || Stored(location.Reference!) is not { } stored)
            return source;
        if (IsBuiltHere(location.Reference!, stored))
            return Open(ImageLocation.InStore(stored));
        try
        {
            await source.ResolveAsync(cancellation).WaitAsync(Patience, cancellation).ConfigureAwait(false);
            return source;
        }
        catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound && !Local.IsBuiltHere(stored))
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw e.With(
                $"read {location}: the registry no longer has this image. Push it again with: manifold push --check-all {location}. "
                    + $"The store has an image with that name: store:{location}");
        }
        catch (Exception e) when (e is RegistryException or TimeoutException)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            var problem = e is RegistryException ? e.Message
                : $"read {location}: the registry did not answer within {Patience.TotalSeconds:0} s.";
            tell?.Invoke($"{problem} Using the image with that name from the store.");
            return Open(ImageLocation.InStore(stored));
        }
    }

    /// <summary>As <see cref="Open"/>; but a name without a registry that the store has and that was built here is the store's.</summary>
    public IImageSource OpenNamed(ImageLocation location) => !location.IsExplicit && Stored(location.Reference!) is { } stored
        && IsBuiltHere(location.Reference!, stored)
        ? Open(ImageLocation.InStore(stored)) : Open(location);

    /// <summary>As <see cref="Open"/>; but whatever the store has under a bare reference is the store's.</summary>
    public IImageSource OpenStored(ImageLocation location) => !location.IsExplicit && Stored(location.Reference!) is { } stored
        ? Open(ImageLocation.InStore(stored)) : Open(location);

    private bool IsBuiltHere(ImageReference asked, ImageReference stored) => asked.ShortName is not null && Local.IsBuiltHere(stored);

    /// <summary>The name under which the store has an image; null where it has none.</summary>
    private ImageReference? Stored(ImageReference reference) => Local.Find(reference)?.Name;

    private LocalImages Local => new(store, registry.Options.Registries);

    private static FolderFiles OpenFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UsageException(File.Exists(folder)
                ? $"'{folder}' is a file, not a folder. For an archive, use: oci-archive:{folder}"
                : $"There is no folder '{folder}'.");
        return new FolderFiles(folder);
    }
}
