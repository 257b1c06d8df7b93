using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images.Caching;

/// <summary>Writes what a build knows: one manifest for each platform, under one index with those that other machines wrote.</summary>
/// <remarks>
/// <code>
/// each platform   1  blobs of its layers, its records as the config, the manifest; by digest
/// the index       2  the platforms' entries in place of their earlier ones; all others stay
/// </code>
/// </remarks>
internal sealed class CacheWriter(ICacheStorage storage, Store store)
{
    /// <exception cref="CacheException">It cannot be written there.</exception>
    public async Task WriteAsync(IReadOnlyList<(Platform Platform, CacheDocument Document)> platforms, CancellationToken cancellation)
    {
        try
        {
            // 1
            var entries = new List<Descriptor>();
            foreach (var (platform, document) in platforms)
                entries.Add(await WriteAsync(document, cancellation).ConfigureAwait(false) with
                {
                    Platform = PlatformFields.From(platform),
                    ArtifactType = CacheDocument.MediaType,
                });
            // 2
            await storage.ChangeIndexAsync(before => Merged(before, entries), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CacheException($"--cache-to {storage.Name}: {e.Message}", e);
        }
    }

    private async Task<Descriptor> WriteAsync(CacheDocument document, CancellationToken cancellation)
    {
        var config = await store.WriteAsync(document.ToJson(), CacheDocument.MediaType, cancellation).ConfigureAwait(false);
        // Some registries refuse a manifest without layers.
        var blobs = document.Layers.IsEmpty
            ? [await store.WriteAsync("{}"u8.ToArray(), MediaType.Empty, cancellation).ConfigureAwait(false)]
            : document.Layers.Select(layer => layer.Blob).DistinctBy(blob => blob.Digest).ToImmutableArray();
        foreach (var blob in blobs.Prepend(config))
            await storage.PutBlobAsync(blob, cancellation).ConfigureAwait(false);
        var manifest = ComposedImage.Content(MediaType.Manifest,
            new Manifest { ArtifactType = CacheDocument.MediaType, Config = config, Layers = blobs }.ToJson());
        await storage.PutManifestAsync(manifest.Descriptor, manifest.Bytes, cancellation).ConfigureAwait(false);
        return manifest.Descriptor;
    }

    private static ImageIndex Merged(ManifestContent? before, List<Descriptor> entries)
    {
        var kept = Kept(before).Where(entry => entries.All(mine => mine.Platform!.ToPlatform() != entry.Platform?.ToPlatform()));
        return new ImageIndex
        {
            ArtifactType = CacheDocument.MediaType,
            Manifests = [.. kept.Concat(entries).OrderBy(entry => entry.Platform?.ToPlatform().ToString(), StringComparer.Ordinal)],
        };
    }

    /// <summary>What is a cache of ours stays; another builder's gives way; an image is not overwritten.</summary>
    private static ImmutableArray<Descriptor> Kept(ManifestContent? before)
    {
        if (before is null)
            return [];
        var index = MediaType.IsIndex(before.Descriptor.MediaType) ? ImageIndex.Parse(before.Bytes.Span) : null;
        if (index is { Manifests.IsDefault: false } && index.Manifests.All(entry => entry.ArtifactType == CacheDocument.MediaType))
            return index.Manifests;
        if (index is { Manifests.IsDefault: false }
            && index.Manifests.Any(entry => entry.MediaType.StartsWith("application/vnd.buildkit.", StringComparison.Ordinal)))
            return [];
        throw new CacheException("an image already has this name, and the cache would replace the image. "
            + "Use a separate tag, such as REPOSITORY:cache.");
    }
}
