using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>A blob that is now in its place. <paramref name="AlreadyThere"/>: nothing was transferred.</summary>
internal sealed record BlobPlaced(Descriptor Blob, bool AlreadyThere);

/// <summary>
/// A place on this machine that images are written to: the store, an OCI layout, an archive. Registries are the Publisher's.
/// </summary>
internal interface IImageTarget
{
    /// <summary>Writes an image whole, and its names last.</summary>
    /// <remarks>
    /// Atomic: a reader finds what was there before, or all of the image. Idempotent, and after a failure what has arrived is not
    /// transferred again where the place can keep it. Blobs are streamed and verified; memory does not grow with them.
    /// </remarks>
    Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default);
}

/// <summary>Opens what a location names for writing.</summary>
internal sealed class ImageTargets(Store store)
{
    /// <param name="names">What the image shall be called there; in a layout and in archives it may have none.</param>
    /// <exception cref="UsageException">Nothing can be written to such a location.</exception>
    public IImageTarget Open(ImageLocation location, ImmutableArray<string> names) => location switch
    {
        { Digest: not null } => throw new UsageException($"'{location}': a destination cannot have a digest. Remove '@{location.Digest}'."),
        { Transport: Transport.Store } => new StoreTarget(store, location.Reference!),
        { Transport: Transport.OciLayout } => new LayoutTarget(location.Path!, [.. names.Select(name => (LayoutName)name)]),
        { Transport: Transport.OciArchive } =>
            new OciArchiveTarget(ArchiveDestination.ToFile(location.Path!), [.. names.Select(name => (LayoutName)name)]),
        { Transport: Transport.DockerArchive } => new DockerArchiveTarget(store, ArchiveDestination.ToFile(location.Path!), names),
        _ => throw new UsageException($"'{location}' is in a registry. Push images there instead."),
    };
}
