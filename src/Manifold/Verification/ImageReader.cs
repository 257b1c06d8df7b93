using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Verification;

/// <summary>The images of a place as the gate takes them.</summary>
internal static class ImageReader
{
    /// <summary>In the index's order, nested indexes opened; attestations are not among them.</summary>
    /// <exception cref="ContentMismatchException">The image is broken, or none of a platform.</exception>
    public static async Task<ImmutableArray<GateImage>> ReadAsync(IImageSource source, Descriptor top, CancellationToken cancellation)
    {
        var tree = await ImageTree.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        var images = await ReadAsync(source, tree, cancellation).ConfigureAwait(false);
        if (images.IsEmpty)
            throw new ContentMismatchException($"Reading {source.Location}: it contains no image for any platform. Choose another one.");
        return images;
    }

    public static async Task<ImmutableArray<GateImage>> ReadAsync(IImageSource source, ImageTree tree, CancellationToken cancellation) =>
        [.. (await tree.ReadImagesAsync(source, cancellation).ConfigureAwait(false)).Select(Of)];

    private static GateImage Of(PlatformImage image)
    {
        var (descriptor, manifest, config) = image;
        var history = (config.History ?? []).Where(entry => entry.EmptyLayer != true).Select(entry => entry.CreatedBy).ToList();
        return new GateImage
        {
            Claimed = descriptor.Platform?.ToPlatform(),
            Manifest = descriptor,
            Config = config,
            Layers = [.. manifest.Layers.Select((blob, i) => new GateLayer(i,
                config.RootFs.DiffIds[i], blob, IsOwn: false, history.Count == manifest.Layers.Length ? history[i] : null, Line: null))],
        };
    }
}
