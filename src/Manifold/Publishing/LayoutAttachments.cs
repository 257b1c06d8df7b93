using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Images.Outputs;
using Manifold.Oci;

namespace Manifold.Publishing;

/// <summary>
/// Puts documents about a built image beside it, where it goes to no registry:
/// into a layout, an archive of one, or among its files.
/// </summary>
internal sealed class LayoutAttachments(PublishingTools tools, AttachmentRequest request, ImageReference? name)
{
    /// <summary>The image with its documents; what a layout says of it already is not said again.</summary>
    public Task<AttachedImage> AttachAsync(ImageOutput output, IImageSource source, CancellationToken cancellation)
    {
        var there = output is { Kind: OutputKind.Oci, IsFolder: true }
            && File.Exists(Path.Combine(output.Destination!, LayoutDocuments.MarkerPath))
            && File.Exists(Path.Combine(output.Destination!, LayoutDocuments.IndexPath))
            && ImageLocation.TryParse($"oci:{output.Destination}", out var location)
                ? new LayoutSource(location, () => new FolderFiles(output.Destination!)) : null;
        return new ImageAttachments(tools, request).BesideAsync(
            source, output.Names.FirstOrDefault() ?? name ?? source.Location.Reference!,
            subject => there?.ListReferrersAsync(subject, cancellation) ?? Task.FromResult(ImmutableArray<Descriptor>.Empty), cancellation);
    }
}
