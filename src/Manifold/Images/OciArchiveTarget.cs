using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>A tar of an OCI layout. The same image and names give the same bytes.</summary>
internal sealed class OciArchiveTarget(ArchiveDestination destination, ImmutableArray<LayoutName> names) : IImageTarget
{
    public Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default) =>
        destination.WriteAsync(async tar =>
        {
            image = ReferrerLists.With(image, _ => null);
            tar.Add(LayoutDocuments.MarkerPath, LayoutDocuments.Marker.ToArray());
            tar.Add(LayoutDocuments.IndexPath, LayoutDocuments.With(new ImageIndex { Manifests = [] }, image, names).ToJson());
            foreach (var document in image.Documents.OrderBy(document => document.Descriptor.Digest))
                tar.Add(LayoutDocuments.BlobPath(document.Descriptor.Digest), document.Bytes.ToArray());
            foreach (var blob in image.Blobs.OrderBy(blob => blob.Digest))
            {
                await using var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
                tar.Add(LayoutDocuments.BlobPath(blob.Digest), content, blob.Size);
                progress?.Report(new BlobPlaced(blob, AlreadyThere: false));
                cancellation.ThrowIfCancellationRequested();
            }
        });
}
