using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>The platforms of an image of any source, nested indexes opened.</summary>
internal static class PlatformEntries
{
    /// <summary>In the index's order; of what is no image of a platform there is nothing. Costs reading the indexes, and a config where there is none.</summary>
    public static async Task<ImmutableArray<PlatformEntry>> ReadAsync(IImageSource source, Descriptor top, CancellationToken cancellation)
    {
        var entries = ImmutableArray.CreateBuilder<PlatformEntry>();
        await OpenAsync(source, top, entries, 0, cancellation).ConfigureAwait(false);
        return entries.ToImmutable();
    }

    private static async Task OpenAsync(
        IImageSource source, Descriptor descriptor, ImmutableArray<PlatformEntry>.Builder entries, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw new UsageException($"read {source.Location}: its indexes are nested more than {Limits.IndexDepth} deep.");
        try
        {
            if (MediaType.IsIndex(descriptor.MediaType))
            {
                foreach (var entry in ImageIndex.Parse((await source.ReadDocumentAsync(descriptor, cancellation).ConfigureAwait(false)).Span).Images)
                    await OpenAsync(source, entry, entries, depth + 1, cancellation).ConfigureAwait(false);
            }
            else if (await PlatformAsync(source, descriptor, cancellation).ConfigureAwait(false) is { } platform)
            {
                entries.Add(new PlatformEntry(platform, descriptor));
            }
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Reading '{descriptor.Digest}' ({descriptor.MediaType}): {e.Message} Build or pull the image again.");
        }
    }

    private static async Task<Platform?> PlatformAsync(IImageSource source, Descriptor manifest, CancellationToken cancellation)
    {
        if (manifest.Platform is { } fields)
            return fields.ToPlatform();
        var config = Manifest.Parse((await source.ReadDocumentAsync(manifest, cancellation).ConfigureAwait(false)).Span).Config;
        return !MediaType.IsConfig(config.MediaType) ? null
            : ImageConfig.Parse((await source.ReadDocumentAsync(config, cancellation).ConfigureAwait(false)).Span).Platform;
    }
}
