using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Solving;

namespace Manifold.Verification;

/// <summary>Reads an image's documents, from its top down to each platform's config.</summary>
internal sealed class ImageReader(IImageSource source)
{
    /// <summary>The images in the index's order, nested indexes opened; attestations are not among them.</summary>
    public async Task<ImmutableArray<GateImage>> ReadAsync(ManifestContent top, CancellationToken cancellation)
    {
        var entries = new List<Descriptor>();
        await OpenAsync(top.Descriptor, top.Bytes, entries, 0, cancellation).ConfigureAwait(false);
        var images = await FirstFailure.WhenAllAsync(entries, ReadAsync, cancellation).ConfigureAwait(false);
        return images.OfType<GateImage>().ToImmutableArray() is { IsEmpty: false } found ? found : throw Broken("there is no image of any platform in it.");
    }

    private async Task OpenAsync(Descriptor descriptor, ReadOnlyMemory<byte> bytes, List<Descriptor> entries, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw Broken($"its indexes are nested more than {Limits.IndexDepth} deep.");
        if (!MediaType.IsIndex(descriptor.MediaType))
        {
            entries.Add(descriptor);
            return;
        }
        foreach (var entry in Parse(bytes, ImageIndex.Parse).Images)
        {
            var below = MediaType.IsIndex(entry.MediaType) ? await source.ReadDocumentAsync(entry, cancellation).ConfigureAwait(false) : default;
            await OpenAsync(entry, below, entries, depth + 1, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Null for what is listed as a manifest and is no container image.</summary>
    private async Task<GateImage?> ReadAsync(Descriptor descriptor, CancellationToken cancellation)
    {
        var manifest = Parse(await source.ReadDocumentAsync(descriptor, cancellation).ConfigureAwait(false), Manifest.Parse);
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            return null;
        var config = Parse(await source.ReadDocumentAsync(manifest.Config, cancellation).ConfigureAwait(false), ImageConfig.Parse);
        if (config.RootFs.DiffIds.Length != manifest.Layers.Length)
            throw Broken($"the config of {descriptor.Digest.Short} lists {config.RootFs.DiffIds.Length} layers and its manifest {manifest.Layers.Length}.");
        var history = (config.History ?? []).Where(entry => entry.EmptyLayer != true).Select(entry => entry.CreatedBy).ToList();
        return new GateImage
        {
            Claimed = descriptor.Platform?.ToPlatform(), Manifest = descriptor, Config = config,
            Layers = [.. manifest.Layers.Select((blob, i) => new GateLayer(i, config.RootFs.DiffIds[i], blob, IsOwn: false, history.Count == manifest.Layers.Length ? history[i] : null, Line: null))],
        };
    }

    private T Parse<T>(ReadOnlyMemory<byte> json, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(json.Span);
        }
        catch (FormatException e)
        {
            throw Broken(e.Message);
        }
    }

    private ContentMismatchException Broken(string what) => new($"read {source.Location}: {what} Choose another image, or have it pushed again.");
}
