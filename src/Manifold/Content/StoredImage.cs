using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>What a name of the store stands for, read down to the configs. What is not in the store is left out.</summary>
public sealed record StoredImage(NamedImage Name, ImageIndex? Index, ImmutableArray<StoredPlatform> Platforms)
{
    /// <summary>Bytes of index, manifests, configs and layers; what several platforms share counts once.</summary>
    public long Size => Platforms.SelectMany(platform => platform.Parts).Append(Name.Target)
        .DistinctBy(part => part.Digest).Sum(part => part.Size);

    public DateTimeOffset? Created => Platforms.Max(platform => platform.Config?.Created);

    public static StoredImage Read(Store store, NamedImage name)
    {
        var index = MediaType.IsIndex(name.Target.MediaType) ? TryParse(store, name.Target.Digest, ImageIndex.Parse) : null;
        return new StoredImage(name, index, [.. Below(store, name.Target, 0)]);
    }

    /// <summary>Null where it is not there, and where it is not valid: one broken image must not hide the others.</summary>
    private static T? TryParse<T>(Store store, Digest document, Func<ReadOnlySpan<byte>, T> parse) where T : class
    {
        try
        {
            return store.TryReadDocument(document) is { } bytes ? parse(bytes) : null;
        }
        catch (DocumentException)
        {
            return null;
        }
    }

    private static IEnumerable<StoredPlatform> Below(Store store, Descriptor entry, int depth)
    {
        if (depth == Limits.IndexDepth)
            return [];
        if (MediaType.IsIndex(entry.MediaType))
            return TryParse(store, entry.Digest, ImageIndex.Parse)?.Images.SelectMany(child => Below(store, child, depth + 1)) ?? [];
        if (!MediaType.IsManifest(entry.MediaType) || TryParse(store, entry.Digest, Manifest.Parse) is not { } manifest)
            return [];
        var config = MediaType.IsConfig(manifest.Config.MediaType) ? TryParse(store, manifest.Config.Digest, ImageConfig.Parse) : null;
        return [new StoredPlatform(entry, manifest, config)];
    }
}

/// <summary>One platform's image. The platform is what the index says, else what the config says; null for what is no image.</summary>
public sealed record StoredPlatform(Descriptor Descriptor, Manifest Manifest, ImageConfig? Config)
{
    public Platform? Platform => Descriptor.Platform?.ToPlatform() ?? Config?.Platform;

    public long Size => Parts.DistinctBy(part => part.Digest).Sum(part => part.Size);

    internal IEnumerable<Descriptor> Parts => [Descriptor, Manifest.Config, .. Manifest.Layers];
}
