using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Brings images into the store, as little of them as is asked for.</summary>
/// <remarks>
/// <code>
/// ResolveAsync    1  reference → index, nested indexes → its platforms       (documents only)
/// GetImageAsync   2  platform → manifest and config                          (two documents)
/// PullAsync       3  the same and all layers, in parallel
/// </code>
/// Every document lands in the store as a blob; what a digest names and the store has is not asked for again. Where each blob was
/// seen is kept in <see cref="BlobOrigins"/>, so that its bytes can be fetched when somebody needs them. Naming is the caller's.
/// </remarks>
internal sealed class Puller(RegistryClient client, Store store, BlobOrigins origins)
{
    /// <summary>The images that this machine's store has.</summary>
    public LocalImages Local => new(store, client.Options.Registries);

    /// <summary>Finds out what a reference stands for and which platforms it has.</summary>
    /// <exception cref="RegistryException">It does not exist, or is not an image.</exception>
    public async Task<ResolvedImage> ResolveAsync(ImageReference reference, CancellationToken cancellation = default)
    {
        var stored = StoredDocument(reference, null);
        reference = stored is null ? await client.QualifyAsync(reference, cancellation).ConfigureAwait(false) : reference;
        var top = stored ?? await FetchAsync(reference, null, cancellation).ConfigureAwait(false);
        var source = new Source(reference, Vouches: stored is null);
        var entries = ImmutableArray.CreateBuilder<PlatformEntry>();
        await OpenAsync(source, top.Descriptor, new Opening([], entries), 0, cancellation).ConfigureAwait(false);
        return new ResolvedImage
        {
            Reference = reference,
            Top = top.Descriptor,
            Bytes = top.Bytes,
            Entries = entries.ToImmutable(),
            IsFromRegistry = source.Vouches,
        };
    }

    /// <summary>
    /// The image of a platform, without its layers. Null where there is none that serves;
    /// <see cref="ResolvedImage.Platforms"/> says what there is.
    /// </summary>
    public async Task<PlatformImage?> GetImageAsync(ResolvedImage image, Platform platform, CancellationToken cancellation = default) =>
        PlatformChoice.Best(platform, image.Entries, entry => entry.Platform) is { } entry
            ? await ImageAsync(SourceOf(image), entry.Manifest, cancellation).ConfigureAwait(false) : null;

    /// <summary>Brings everything of some platforms into the store, or of all where <paramref name="platforms"/> is empty.</summary>
    /// <exception cref="UsageException">A platform is asked for that the image lacks; no layer was fetched.</exception>
    public async Task<ResolvedImage> PullAsync(
        ImageReference reference,
        ImmutableArray<Platform> platforms,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var image = await ResolveAsync(reference, cancellation).ConfigureAwait(false);
        reference = image.Reference;
        var images = new ConcurrentBag<PlatformImage>();
        await Parallel.ForEachAsync(Chosen(image, platforms), ParallelOptions(client, cancellation), async (entry, token) =>
            images.Add(await ImageAsync(SourceOf(image), entry.Manifest, token).ConfigureAwait(false))).ConfigureAwait(false);
        var layers = images.SelectMany(one => one.Manifest.Layers).DistinctBy(layer => layer.Digest);
        await Parallel.ForEachAsync(layers, ParallelOptions(client, cancellation), async (layer, token) =>
        {
            var bytes = new Relay<long>(count => progress?.Report(new TransferProgress(reference, layer, count, Done: false)));
            await client.PullBlobAsync(reference, layer, store, bytes, token).ConfigureAwait(false);
            progress?.Report(new TransferProgress(reference, layer, layer.Size, Done: true));
        }).ConfigureAwait(false);
        return image;
    }

    /// <param name="Vouches">The registry has just sent what stands at the top, so it has all below; what only the store knows may never
    /// have been pushed.</param>
    private sealed record Source(ImageReference Reference, bool Vouches);

    private static Source SourceOf(ResolvedImage image) => new(image.Reference, image.IsFromRegistry);

    internal static ParallelOptions ParallelOptions(RegistryClient client, CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = client.Options.Concurrency, CancellationToken = cancellation };

    private static ImmutableArray<PlatformEntry> Chosen(ResolvedImage image, ImmutableArray<Platform> platforms) =>
        platforms.IsEmpty
            ? image.Entries
            : [.. platforms.Select(platform => PlatformChoice.Best(platform, image.Entries, entry => entry.Platform)
                ?? throw new UsageException(
                    $"pull {image.Reference}: it has no image for {platform}. It has: {string.Join(", ", image.Platforms)}."))
                .Distinct()];

    /// <param name="Indexes">Those that are open: listed again and again, they would multiply.</param>
    private sealed record Opening(HashSet<Digest> Indexes, ImmutableArray<PlatformEntry>.Builder Entries);

    /// <summary>Opens an index down to its manifests.</summary>
    private async Task OpenAsync(Source source, Descriptor descriptor, Opening found, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw Broken(source.Reference, $"its indexes are nested more than {Limits.IndexDepth} levels deep.");
        if (MediaType.IsManifest(descriptor.MediaType))
        {
            var platform = descriptor.Platform?.ToPlatform()
                ?? (await ImageAsync(source, descriptor, cancellation).ConfigureAwait(false)).Config.Platform;
            found.Entries.Add(new PlatformEntry(platform, descriptor));
            return;
        }
        if (!found.Indexes.Add(descriptor.Digest))
            return;
        var document = await DocumentAsync(source.Reference, descriptor, cancellation).ConfigureAwait(false);
        var index = Parse(source.Reference, document.Bytes, ImageIndex.Parse);
        Record(source, index.Manifests);
        foreach (var entry in index.Images)
            await OpenAsync(source, entry, found, depth + 1, cancellation).ConfigureAwait(false);
    }

    private async Task<PlatformImage> ImageAsync(Source source, Descriptor descriptor, CancellationToken cancellation)
    {
        var reference = source.Reference;
        var document = await DocumentAsync(reference, descriptor, cancellation).ConfigureAwait(false);
        var manifest = Parse(reference, document.Bytes, Manifest.Parse);
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            throw Broken(reference, $"it is not a container image (its config is '{manifest.Config.MediaType}').");
        if (manifest.Config.Size > Limits.DocumentBytes)
            throw Broken(reference, $"its config of {manifest.Config.Size} bytes is too large.");
        await client.PullBlobAsync(reference, manifest.Config, store, null, cancellation).ConfigureAwait(false);
        Record(source, manifest.Layers.Append(manifest.Config));
        var config = Parse(reference, store.ReadDocument(manifest.Config.Digest), ImageConfig.Parse);
        return new PlatformImage(document.Descriptor, manifest, config);
    }

    private void Record(Source source, IEnumerable<Descriptor> below)
    {
        if (!source.Vouches)
            return;
        foreach (var descriptor in below)
            origins.Record(descriptor.Digest, source.Reference);
    }

    /// <summary>A manifest or index, from the store where it is there, else from the registry into the store.</summary>
    private async Task<ManifestContent> DocumentAsync(ImageReference reference, Descriptor descriptor, CancellationToken cancellation) =>
        StoredDocument(reference, descriptor) ?? await FetchAsync(reference, descriptor, cancellation).ConfigureAwait(false);

    private ManifestContent? StoredDocument(ImageReference reference, Descriptor? descriptor) =>
        (descriptor?.Digest ?? reference.Digest) is { } digest && store.TryReadDocument(digest) is { } bytes
        && (descriptor?.MediaType ?? RegistryClient.TypeOf(null, bytes)) is { } type
            ? new ManifestContent(descriptor ?? new Descriptor { MediaType = type, Digest = digest, Size = bytes.Length }, bytes) : null;

    private async Task<ManifestContent> FetchAsync(ImageReference reference, Descriptor? descriptor, CancellationToken cancellation)
    {
        var wanted = descriptor?.Digest is { } digest ? reference.WithDigest(digest) : reference;
        var content = await client.GetManifestAsync(wanted, cancellation).ConfigureAwait(false)
            ?? throw new RegistryException($"pull {wanted}: the registry does not have it. Check the name and the tag.")
            {
                Registry = reference.Registry,
                Status = HttpStatusCode.NotFound,
                Code = "MANIFEST_UNKNOWN",
            };
        await content.KeepAsync(store, cancellation).ConfigureAwait(false);
        origins.Record(content.Descriptor.Digest, reference);
        return content with { Descriptor = descriptor ?? content.Descriptor };
    }

    private static T Parse<T>(ImageReference reference, ReadOnlyMemory<byte> json, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(json.Span);
        }
        catch (FormatException e)
        {
            throw Broken(reference, e.Message, e);
        }
    }

    private static RegistryException Broken(ImageReference reference, string what, Exception? inner = null) =>
        new($"pull {reference}: {what} Choose another tag, or push it again.", inner) { Registry = reference.Registry };
}

/// <summary>Reports at once, on the thread that reports; <see cref="Progress{T}"/> would reorder.</summary>
internal sealed class Relay<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
