using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>The two files that make blobs a layout.</summary>
/// <remarks>Source: OCI image specification, "OCI Image Layout Specification".</remarks>
internal static class LayoutDocuments
{
    public const string MarkerPath = "oci-layout", IndexPath = "index.json";

    public static ReadOnlySpan<byte> Marker => """{"imageLayoutVersion":"1.0.0"}"""u8;

    public static string BlobPath(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>
    /// The layout's index with an image added: under its names, which others lose, or without one.
    /// What refers to the image stands behind it.
    /// </summary>
    /// <remarks>An image that stood there without a name and now has one does not stand there twice.</remarks>
    public static ImageIndex With(ImageIndex before, ImageParts image, ImmutableArray<LayoutName> names)
    {
        var top = image.Top.Descriptor.WithoutName();
        var tagged = image.Tagged.Select(manifest => manifest.Manifest.WithoutName().Named(manifest.Tag));
        Descriptor[] added =
        [
            .. names.IsEmpty ? [top] : names.Select(name => name.On(top)),
            .. image.Referrers.Select(referrer => referrer.WithoutName()),
            .. tagged,
        ];
        var taken = added.Select(ReferenceName.Of).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var placed = added.Select(entry => entry.Digest).ToHashSet();
        var kept =
            before.Manifests.Where(entry => ReferenceName.Of(entry) is { } name ? !taken.Contains(name) : !placed.Contains(entry.Digest));
        var distinct = added.DistinctBy(entry => (entry.Digest, ReferenceName.Of(entry), ReferenceName.FullOf(entry)));
        return before with { Manifests = [.. kept, .. distinct] };
    }
}
