using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>What a name of the store stands for, read down to the configs. What is not in the store is left out.</summary>
public sealed record StoredImage(NamedImage Name, ImageIndex? Index, ImmutableArray<StoredPlatform> Platforms)
{
    /// <summary>Bytes of index, manifests, configs and layers; what several platforms share counts once.</summary>
    public long Size => Platforms.SelectMany(platform => platform.Parts).Append(Name.Target).DistinctBy(part => part.Digest).Sum(part => part.Size);

    public DateTimeOffset? Created => Platforms.Max(platform => platform.Config?.Created);

    public static StoredImage Read(Store store, NamedImage name)
    {
        var index = MediaType.IsIndex(name.Target.MediaType) && store.TryReadDocument(name.Target.Digest) is { } bytes ? ImageIndex.Parse(bytes) : null;
        return new StoredImage(name, index, [.. Below(store, name.Target, 0)]);
    }

    private static IEnumerable<StoredPlatform> Below(Store store, Descriptor entry, int depth)
    {
        if (depth == Limits.IndexDepth || store.TryReadDocument(entry.Digest) is not { } bytes)
            return [];
        if (MediaType.IsIndex(entry.MediaType))
            return ImageIndex.Parse(bytes).Images.SelectMany(child => Below(store, child, depth + 1));
        if (!MediaType.IsManifest(entry.MediaType))
            return [];
        var manifest = Manifest.Parse(bytes);
        var config = MediaType.IsConfig(manifest.Config.MediaType) && store.TryReadDocument(manifest.Config.Digest) is { } json ? ImageConfig.Parse(json) : null;
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
