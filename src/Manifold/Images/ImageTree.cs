using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>The indexes and manifests of an image, from its top down; nested indexes are opened.</summary>
/// <param name="Indexes">An index before what it lists, and once. Empty where the top is a manifest.</param>
/// <param name="Manifests">In the indexes' order; attestations and artifacts are among them.</param>
internal sealed record ImageTree(ImmutableArray<Descriptor> Indexes, ImmutableArray<Descriptor> Manifests)
{
    /// <summary>The manifests of platforms' images, as far as their descriptors tell.</summary>
    public IEnumerable<Descriptor> Images => Manifests.Where(ImageIndex.IsImage);

    /// <summary>Costs reading the indexes.</summary>
    /// <exception cref="ContentMismatchException">An index is broken, or they are nested more than <see cref="Limits.IndexDepth"/>
    /// deep.</exception>
    public static Task<ImageTree> ReadAsync(IImageSource source, Descriptor top, CancellationToken cancellation = default) =>
        ReadAsync(top, index => source.ReadIndexAsync(index, cancellation), () => source.Location);

    /// <inheritdoc cref="ReadAsync(IImageSource, Descriptor, CancellationToken)"/>
    /// <param name="place">The image's place, for messages.</param>
    internal static async Task<ImageTree> ReadAsync(
        Descriptor top, Func<Descriptor, Task<ImageIndex>> readIndex, Func<ImageLocation> place)
    {
        var (indexes, manifests) = (ImmutableArray.CreateBuilder<Descriptor>(), ImmutableArray.CreateBuilder<Descriptor>());
        await OpenAsync(top, 0).ConfigureAwait(false);
        return new ImageTree(indexes.ToImmutable(), manifests.ToImmutable());

        async Task OpenAsync(Descriptor descriptor, int depth)
        {
            if (depth > Limits.IndexDepth)
                throw new ContentMismatchException($"Reading {place()}: "
                    + $"its indexes are nested more than {Limits.IndexDepth} levels deep. Choose another image.");
            if (!MediaType.IsIndex(descriptor.MediaType))
            {
                manifests.Add(descriptor);
                return;
            }
            if (indexes.Any(index => index.Digest == descriptor.Digest))
                return; // indexes that list one another again and again would multiply
            indexes.Add(descriptor);
            foreach (var entry in (await readIndex(descriptor).ConfigureAwait(false)).Manifests)
                await OpenAsync(entry, depth + 1).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Each platform's image with its documents, in the indexes' order;
    /// what is listed as an image and is none (its config says so) is left out.
    /// </summary>
    /// <remarks>Costs reading manifests and configs, in parallel.</remarks>
    /// <exception cref="ContentMismatchException">A document is broken, or a manifest and its config do not fit together.</exception>
    public async Task<ImmutableArray<PlatformImage>> ReadImagesAsync(IImageSource source, CancellationToken cancellation = default)
    {
        var images = await FirstFailure.WhenAllAsync(Images, ReadAsync, cancellation).ConfigureAwait(false);
        return [.. images.OfType<PlatformImage>()];

        async Task<PlatformImage?> ReadAsync(Descriptor descriptor, CancellationToken cancellation)
        {
            var manifest = await source.ReadManifestAsync(descriptor, cancellation).ConfigureAwait(false);
            if (!MediaType.IsConfig(manifest.Config.MediaType))
                return null;
            var config = await source.ReadConfigAsync(manifest.Config, cancellation).ConfigureAwait(false);
            if (config.RootFs.DiffIds.Length != manifest.Layers.Length)
                throw new ContentMismatchException($"Reading {source.Location}: the manifest {descriptor.Digest.Short} has "
                    + $"{manifest.Layers.Length} layers, but its config lists {config.RootFs.DiffIds.Length}. The image is broken. Get it "
                    + "again from its publisher.");
            return new PlatformImage(descriptor, manifest, config);
        }
    }
}
