using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Verification.Packages;

/// <summary>One platform of an image, read as far as its packages, paths and config; nothing is unpacked.</summary>
internal sealed record PlatformContents(
    Platform Platform, Descriptor Descriptor, Manifest Manifest, ImageConfig Config, ImmutableArray<LayerSurvey> Layers)
{
    /// <summary>What a container would see.</summary>
    public Chain Files { get; } = new([.. Layers.Select(layer => layer.Contents)]);

    /// <summary>The installed packages.</summary>
    public PackageInventory Packages => field ??= PackageInventory.Read(this);

    /// <summary>The content of a file, links followed. Null where there is none, or where it was not among the wanted.</summary>
    public byte[]? Read(string path)
    {
        try
        {
            var resolved = Files.Resolve(path);
            return Files.Locate(resolved.Path) is { Layer: >= 0 } found
                ? Layers[found.Layer].Files.GetValueOrDefault(Named(found.Entry))
                : null;
        }
        catch (LayerException)
        {
            return null; // links in a circle, or a file where a folder should be: no such file
        }
    }

    private static string Named(LayerEntry entry) => entry.Kind == EntryKind.HardLink ? entry.LinkTarget! : entry.Path;
}

/// <summary>An image as its referrers and its reader need it: what stands at its top, and the contents of each platform.</summary>
internal sealed record ImageContents(Descriptor Top, ImmutableArray<PlatformContents> Platforms)
{
    /// <summary>Reads every platform of an image, in parallel. A layer that several platforms share is read once.</summary>
    /// <remarks>
    /// Costs fetching and decompressing each layer once. Entries that are no image of a platform (attestations) are left out.
    /// </remarks>
    /// <exception cref="ManifoldException">Something of the image is missing or broken.</exception>
    public static async Task<ImageContents> ReadAsync(IImageSource source, CancellationToken cancellation = default) =>
        await ReadAsync(
            source, (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor, cancellation).ConfigureAwait(false);

    /// <inheritdoc cref="ReadAsync(IImageSource, CancellationToken)"/>
    public static async Task<ImageContents> ReadAsync(IImageSource source, Descriptor top, CancellationToken cancellation = default)
    {
        var images = await (await ImageTree.ReadAsync(source, top, cancellation).ConfigureAwait(false))
            .ReadImagesAsync(source, cancellation).ConfigureAwait(false);
        var reading = new Reading(source);
        return new ImageContents(top,
            [.. await FirstFailure.WhenAllAsync(images, reading.PlatformAsync, cancellation).ConfigureAwait(false)]);
    }

    private sealed class Reading(IImageSource source)
    {
        private readonly SharedWork<Digest, LayerSurvey> layers = new();
        private readonly Processors processors = new();

        internal async Task<PlatformContents> PlatformAsync(PlatformImage image, CancellationToken cancellation)
        {
            var (descriptor, manifest, config) = image;
            var surveys = await Task.WhenAll(manifest.Layers.Zip(config.RootFs.DiffIds, (layer, diffId) =>
                layers.GetAsync(diffId, stop => LayerAsync(layer, diffId, stop), cancellation))).ConfigureAwait(false);
            return new PlatformContents(descriptor.Platform?.ToPlatform() ?? config.Platform, descriptor, manifest, config, [.. surveys]);
        }

        private async Task<LayerSurvey> LayerAsync(Descriptor layer, Digest diffId, CancellationToken cancellation)
        {
            await using var blob = await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false);
            return await processors.RunAsync(
                () => LayerSurvey.Read(blob, layer, diffId, PackageInventory.IsWanted, cancellation), cancellation).ConfigureAwait(false);
        }
    }
}
