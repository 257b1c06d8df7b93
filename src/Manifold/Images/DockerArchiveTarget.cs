using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>What <c>docker load</c> takes: one platform's image, its layers plain, under any number of names.</summary>
/// <remarks>
/// <code>
/// manifest.json      1  names, and the files below; written first, so that a reader of a stream knows what comes
/// CONFIG.json        2  the config's bytes as they are
/// DIFFID.tar         3  each layer, decompressed: the format knows no compressed ones
/// </code>
/// An archive that is there is replaced. Costs the disk of one plain layer, since a tar says a file's size before its bytes.
/// </remarks>
internal sealed class DockerArchiveTarget(Store store, ArchiveDestination destination, ImmutableArray<string> names) : IImageTarget
{
    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default)
    {
        var tags = names.Select(Tagged).ToImmutableArray();
        var manifest = await source.ReadManifestAsync(await RequireSingleAsync(source, cancellation).ConfigureAwait(false),
            cancellation).ConfigureAwait(false);
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            throw new UsageException($"'{source.Location}' is not a container image (its config has the type "
                + $"'{manifest.Config.MediaType}'). A Docker archive can only hold container images.");
        var config = await source.ReadDocumentAsync(manifest.Config, cancellation).ConfigureAwait(false);
        var diffIds = (await source.ReadConfigAsync(manifest.Config, cancellation).ConfigureAwait(false)).RootFs.DiffIds;
        if (diffIds.Length != manifest.Layers.Length)
            throw new ContentMismatchException($"Reading {source.Location}: "
                + $"its config lists {diffIds.Length} layers, but its manifest lists {manifest.Layers.Length}. Create the image again.");
        var entry = new DockerArchiveImage
        {
            Config = $"{manifest.Config.Digest.Hex}.json",
            RepoTags = tags,
            Layers = [.. diffIds.Select(diffId => $"{diffId.Hex}.tar")],
        };
        await destination.WriteAsync(async tar =>
        {
            // 1
            tar.Add("manifest.json",
                JsonSerializer.SerializeToUtf8Bytes([entry], DockerArchiveJson.Default.ImmutableArrayDockerArchiveImage));
            // 2
            tar.Add(entry.Config, config.ToArray());
            // 3
            foreach (var (layer, diffId) in manifest.Layers.Zip(diffIds).DistinctBy(pair => pair.Second))
            {
                await using var plain = await DecompressAsync(source, layer, diffId, cancellation).ConfigureAwait(false);
                tar.Add($"{diffId.Hex}.tar", plain, plain.Length);
                progress?.Report(new BlobPlaced(layer, AlreadyThere: false));
            }
        }).ConfigureAwait(false);
    }

    /// <summary>A message about the annotations that such an archive cannot hold; null if there are none.</summary>
    public static string? Dropped(ImageParts image)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var document in image.Documents)
        {
            keys.UnionWith((MediaType.IsIndex(document.Descriptor.MediaType) ? ImageIndex.Parse(document.Bytes.Span).Annotations
                : image.Referrers.Any(referrer => referrer.Digest == document.Descriptor.Digest) ? null
                    : Manifest.Parse(document.Bytes.Span).Annotations)?.Keys ?? []);
        }
        return keys.Count == 0 ? null : FormatConversion.DroppedAnnotations(keys,
            "a Docker archive cannot hold annotations. To keep them, write an OCI archive: type=oci, oci-archive:FILE.");
    }

    private static string Tagged(string name)
    {
        if (!ImageReference.TryParse(name, out var reference) || reference.Digest is not null)
            throw new UsageException($"'{name}' is not a valid image name for a Docker archive. Expected [registry/]repository[:tag].");
        return reference.ToString();
    }

    /// <summary>The one image that the archive will hold. Asked before other targets are written, too.</summary>
    /// <exception cref="UsageException">There are several.</exception>
    public static async Task<Descriptor> RequireSingleAsync(IImageSource source, CancellationToken cancellation)
    {
        var top = (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor;
        var platforms = await ImagePlatforms.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        return platforms switch
        {
            [var only] => only.Manifest,
            [] when MediaType.IsManifest(top.MediaType) => top,
            _ => throw new UsageException($"A Docker archive holds one platform, but {source.Location} has "
                + $"{string.Join(", ", platforms.Select(entry => entry.Platform))}. Choose one with --platform, or write all of them to "
                + "an OCI archive: oci-archive:FILE"),
        };
    }

    private async Task<Stream> DecompressAsync(IImageSource source, Descriptor layer, Digest diffId, CancellationToken cancellation)
    {
        if (layer.Digest == diffId)
            return await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false);
        var temporary = new FileStream(Path.Combine(store.WorkFolder, "plain-" + Guid.NewGuid().ToString("N")), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        });
        try
        {
            await using var plain = Compression.Open(await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false));
            await plain.CopyToAsync(temporary, Streaming.PieceBytes, cancellation).ConfigureAwait(false);
            temporary.Position = 0;
            return new VerifiedStream(temporary, diffId, temporary.Length, $"layer {layer.Digest.Short}");
        }
        catch (Exception e)
        {
            await temporary.DisposeAsync().ConfigureAwait(false);
            if (e is InvalidDataException)
                throw new LayerException($"Reading layer {layer.Digest.Short} of {source.Location}: "
                    + $"decompression failed ({e.Message.TrimEnd('.')}). Create the image again.", e);
            throw;
        }
    }
}
