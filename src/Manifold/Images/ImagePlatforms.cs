using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>The platforms of an image of any source, nested indexes opened.</summary>
internal static class ImagePlatforms
{
    /// <summary>
    /// In the index's order; attestations and what is no image are left out. Costs reading the indexes, and manifest and config of what the
    /// index does not describe.
    /// </summary>
    public static async Task<ImmutableArray<PlatformEntry>> ReadAsync(
        IImageSource source, Descriptor top, CancellationToken cancellation = default)
    {
        var entries = ImmutableArray.CreateBuilder<PlatformEntry>();
        foreach (var manifest in (await ImageTree.ReadAsync(source, top, cancellation).ConfigureAwait(false)).Images)
        {
            if (await PlatformOfAsync(source, manifest, cancellation).ConfigureAwait(false) is { } platform)
                entries.Add(new PlatformEntry(platform.ToPlatform(), manifest));
        }
        return entries.ToImmutable();
    }

    /// <summary>What a manifest's platform is: as its descriptor says, else as its config does; null for what is no image.</summary>
    public static async Task<PlatformFields?> PlatformOfAsync(
        IImageSource source, Descriptor manifest, CancellationToken cancellation = default)
    {
        if (manifest.Platform is { } said)
            return said;
        var config = (await source.ReadManifestAsync(manifest, cancellation).ConfigureAwait(false)).Config;
        if (!MediaType.IsConfig(config.MediaType))
            return null;
        var image = await source.ReadConfigAsync(config, cancellation).ConfigureAwait(false);
        return PlatformFields.From(image.Platform) with { OsVersion = image.OsVersion, OsFeatures = image.OsFeatures };
    }
}
