using System.Collections.Immutable;
using System.Text;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Solving.Keeping;

namespace Manifold.Images.Caching;

/// <summary>Reads what a cache offers for some platforms: its small documents, and no blob.</summary>
/// <remarks>
/// <code>
/// a name           1  what it stands for: an index, or one image
/// its entries      2  those of the platforms that are wanted, and of no other
/// a cache's own    3  its config: records and layers          application/vnd.io.manifold.cache.v1+json
/// an image         4  what its config says of its own steps   (type=inline); its layers are the image's
/// </code>
/// Whatever is wrong with it is a warning: a build without a cache is slower, and not wrong.
/// </remarks>
internal sealed class CacheReader(ICacheStorage storage, Action<string> warn)
{
    /// <summary>Adds what is there to <paramref name="imported"/>.</summary>
    public async Task ReadAsync(IReadOnlyCollection<Platform> platforms, ImportedCache imported, CancellationToken cancellation)
    {
        try
        {
            // 1
            if (await storage.FindTopAsync(cancellation).ConfigureAwait(false) is not { } top)
            {
                warn($"the cache {storage.Name} does not exist yet.");
                return;
            }
            var entries = MediaType.IsIndex(top.Descriptor.MediaType) ? ImageIndex.Parse(top.Bytes.Span).Manifests : [top.Descriptor];
            // 2
            var wanted = entries
                .Where(entry => MediaType.IsManifest(entry.MediaType)
                    && (entry.Platform is not { } platform || platforms.Contains(platform.ToPlatform())))
                .ToList();
            var found = 0;
            foreach (var entry in wanted)
                found += await ReadAsync(entry, platforms, imported, cancellation).ConfigureAwait(false);
            if (found == 0)
                warn(Nothing(entries, wanted, platforms));
        }
        catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException or FormatException)
        {
            warn($"the cache {storage.Name} cannot be read, so the build continues without it: {e.Message}");
        }
    }

    private string Nothing(ImmutableArray<Descriptor> entries, List<Descriptor> wanted, IReadOnlyCollection<Platform> platforms) =>
        entries.Any(entry => entry.MediaType.StartsWith("application/vnd.buildkit.", StringComparison.Ordinal))
            ? $"the cache {storage.Name} was written by BuildKit, which uses a different format. The build continues without this cache."
        : wanted.Count == 0 ? $"the cache {storage.Name} has no results for {string.Join(", ", platforms)}."
        : $"{storage.Name} is an image without cache information. Build it with --cache-to type=inline.";

    private async Task<int> ReadAsync(
        Descriptor entry, IReadOnlyCollection<Platform> platforms, ImportedCache imported, CancellationToken cancellation)
    {
        var manifest = Manifest.Parse((await storage.ReadAsync(entry, cancellation).ConfigureAwait(false)).Span);
        // 3
        if (manifest.Config.MediaType == CacheDocument.MediaType)
            return Add(imported, CacheDocument.Parse((await storage.ReadAsync(manifest.Config, cancellation).ConfigureAwait(false)).Span));
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            return 0;
        // 4
        var config = ImageConfig.Parse((await storage.ReadAsync(manifest.Config, cancellation).ConfigureAwait(false)).Span);
        if (config.InlineCache is not { } text
            || !platforms.Contains(config.Platform)
            || config.RootFs.DiffIds.Length != manifest.Layers.Length)
            return 0;
        var layers = config.RootFs.DiffIds.Zip(manifest.Layers,
            (diffId, blob) => new CachedLayer(diffId, new LayerForm(Compression.CompressionOf(blob.MediaType)).Name, blob));
        return Add(imported, CacheDocument.Parse(Encoding.UTF8.GetBytes(text)) with { Layers = [.. layers] });
    }

    private int Add(ImportedCache imported, CacheDocument document)
    {
        // A config lists no media type that a layer has not: what else it points to is nobody's layer.
        imported.Add(storage, document.Steps, document.Layers.Where(layer => MediaType.IsLayer(layer.Blob.MediaType)));
        return document.Steps.Length;
    }
}
