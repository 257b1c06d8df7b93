using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>Which parts of an image a registry is asked for.</summary>
internal enum PartsAsked
{
    /// <summary>Indexes, manifests and configs.</summary>
    Documents,

    /// <summary>Layers as well.</summary>
    All,
}

/// <summary>A part of an image that its registry does not have, or not whole.</summary>
/// <param name="Manifest">The manifest that names it, or that it is; null for an index below the top.</param>
/// <param name="Platform">Whose image needs it, as far as anybody can tell.</param>
/// <param name="Noun">What it is: manifest, index, config, layer.</param>
/// <param name="Size">How many bytes the registry has of it; null for none.</param>
internal sealed record LostPart(Descriptor Part, Descriptor? Manifest, Platform? Platform, string Noun, long? Size)
{
    /// <summary>Its position among the layers.</summary>
    public LayerPlace? Layer { get; init; }

    /// <summary>One sentence without its full stop.</summary>
    public string Text => Size is null ? $"the registry does not have the {Noun} {Part.Digest}"
        : $"the registry has {Size} bytes of the {Noun} {Part.Digest} instead of {Part.Size}";
}

/// <summary>
/// The parts of an image that its registry has, according to the registry itself.
/// This machine's store says nothing about them.
/// </summary>
/// <remarks>
/// <code>
/// the top                1  was just fetched
/// indexes, manifests     2  HEAD for what the store has, else GET; both prove it
/// configs, layers        3  their last byte, each once: some registries answer for blobs that their storage has lost
/// </code>
/// Costs one small request for each part, several at a time. What is lost and in the store is read there, so that all that is missing
/// below is found too.
/// </remarks>
internal sealed class RegistryParts
{
    private readonly ImageReference reference;

    private RegistryParts(ImageReference reference, ImageTree whole, ImmutableArray<LostPart> lost) =>
        (this.reference, Whole, Lost) = (reference, whole, lost);

    /// <summary>The image without the manifests that the registry does not have whole.</summary>
    public ImageTree Whole { get; }

    /// <summary>In the indexes' order.</summary>
    public ImmutableArray<LostPart> Lost { get; }

    /// <summary>The advice, as a sentence.</summary>
    public string Advice =>
        $"Push it again from a machine whose store has the image: manifold push --check-all {reference}. Or build it again with --push "
            + "--check-all.";

    /// <summary>
    /// Asks the registry that the image comes from. Returns null for an image that comes from another place, and if the registry does not
    /// answer but a mirror has the image.
    /// </summary>
    /// <param name="tell">Gets, for people, why nothing is known of the registry.</param>
    public static async Task<RegistryParts?> TryAskAsync((RegistryClient Client, Store Store) at, IImageSource source, PartsAsked asked,
        Action<string> tell, CancellationToken cancellation = default)
    {
        if (source.Location.Transport is not Transport.Registry)
            return null;
        try
        {
            return await AskAsync(at.Client, at.Store, source, asked, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (at.Client.Options.Registries.HasMirrors(source.Location.Reference!))
        {
            tell($"{e.Message} The image is read from its mirrors. Whether the registry itself has all of it is unknown.");
            return null;
        }
    }

    public static async Task<RegistryParts> AskAsync(RegistryClient client, Store store, IImageSource source, PartsAsked asked,
        CancellationToken cancellation = default)
    {
        var top = (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor;
        var reference = source.Location.Reference!; // with its registry, now that it was found
        var walk = new Walk(client, store, source, reference) { Asked = asked };
        await walk.FollowAsync(top, 0, cancellation).ConfigureAwait(false);
        var lost = await walk.AskAsync(cancellation).ConfigureAwait(false);
        var broken = lost.Select(part => part.Manifest?.Digest).ToHashSet();
        return new RegistryParts(reference, new ImageTree([.. walk.Indexes],
            [.. walk.Manifests.Where(manifest => !broken.Contains(manifest.Digest))]), lost);
    }

    /// <exception cref="RegistryException">Something is lost; the message names it all.</exception>
    /// <param name="doing">What for, e.g. <c>inspect</c>.</param>
    /// <param name="needed">Which manifest matters; null for all.</param>
    public void RequireWhole(string doing, Digest? needed = null)
    {
        var lost = Lost.Where(part => needed is null || part.Manifest is null || part.Manifest.Digest == needed).ToList();
        if (lost.Count > 0)
            throw new RegistryException(
                $"{doing} {reference}: "
                + $"{string.Join("; ", lost.Select(part => part.Platform is { } platform ? $"{platform}: {part.Text}" : part.Text))}. "
                + Advice)
            {
                Registry = reference.Registry,
                Status = HttpStatusCode.NotFound,
            };
    }

    /// <summary>A report for each platform whose image the registry does not have whole.</summary>
    public ImmutableArray<PlatformReport> Reports() =>
    [
        .. Lost.GroupBy(part => part.Platform ?? Unknown).Select(group => new PlatformReport
        {
            Platform = group.Key,
            Manifest = (group.First().Manifest ?? group.First().Part).Digest,
            Findings = [.. group.Select(part => Finding(part, group.Key))],
            LayerCount = group.Select(part => part.Layer?.Count ?? 0).Max(),
        }),
    ];

    private static Platform Unknown => Platform.Parse("unknown/unknown");

    private Finding Finding(LostPart part, Platform platform) => new()
    {
        Id = FindingId.MissingContent,
        Severity = FindingSeverity.Error,
        Platform = platform,
        Layer = part.Layer,
        Message = part.Text,
        Cause = new Cause(CauseId.LostByRegistry, "a cleanup or garbage collection in the registry removed it after the push",
            Advice.TrimEnd('.')),
    };

    private sealed class Walk(RegistryClient client, Store store, IImageSource source, ImageReference reference)
    {
        private readonly ConcurrentDictionary<Digest, Manifest> read = new();
        private readonly ConcurrentBag<LostPart> lost = [];

        public required PartsAsked Asked { get; init; }
        public List<Descriptor> Indexes { get; } = [];
        public List<Descriptor> Manifests { get; } = [];

        /// <summary>Opens indexes down to the manifests.</summary>
        public async Task FollowAsync(Descriptor document, int depth, CancellationToken cancellation)
        {
            if (depth > Limits.IndexDepth)
                throw new ContentMismatchException(
                    $"Reading {source.Location}: its indexes are nested more than {Limits.IndexDepth} levels deep. Choose another image.");
            if (!MediaType.IsIndex(document.MediaType))
            {
                if (Manifests.All(manifest => manifest.Digest != document.Digest))
                    Manifests.Add(document);
                return;
            }
            if (Indexes.Any(index => index.Digest == document.Digest)
                || !await IsReadableAsync(document, "index", null, depth == 0, cancellation).ConfigureAwait(false))
                return;
            Indexes.Add(document);
            foreach (var entry in (await source.ReadIndexAsync(document, cancellation).ConfigureAwait(false)).Manifests)
                await FollowAsync(entry, depth + 1, cancellation).ConfigureAwait(false);
        }

        /// <summary>Asks for the manifests, and for the blobs of those that can be read.</summary>
        public async Task<ImmutableArray<LostPart>> AskAsync(CancellationToken cancellation)
        {
            var parallel = Puller.ParallelOptions(client, cancellation);
            await Parallel.ForEachAsync(Manifests, parallel, async (manifest, token) =>
            {
                if (await IsReadableAsync(manifest, "manifest", manifest, Indexes.Count == 0, token).ConfigureAwait(false))
                    read[manifest.Digest] = await source.ReadManifestAsync(manifest, token).ConfigureAwait(false);
            }).ConfigureAwait(false);
            var blobs = Manifests.Where(manifest => read.ContainsKey(manifest.Digest)).SelectMany(BlobsOf).GroupBy(use => use.Blob.Digest);
            await Parallel.ForEachAsync(blobs, parallel, async (uses, token) =>
            {
                var size = await client.SizeForPullAsync(reference, uses.First().Blob, token).ConfigureAwait(false);
                foreach (var use in uses.Where(use => !RegistryClient.IsWhole(size, use.Blob.Size)))
                    lost.Add(new LostPart(use.Blob, use.Manifest, null, use.Layer is null ? "config" : "layer", size)
                    {
                        Layer = use.Layer,
                    });
            }).ConfigureAwait(false);
            var order = Manifests.Select((manifest, i) => (manifest.Digest, i)).ToDictionary(pair => pair.Digest, pair => pair.i);
            var named = await Task.WhenAll(lost.Select(async part =>
                part with { Platform = await PlatformOfAsync(part.Manifest, cancellation).ConfigureAwait(false) })).ConfigureAwait(false);
            return [.. named.OrderBy(part => part.Manifest is { } manifest ? order[manifest.Digest] : -1)
                .ThenBy(part => part.Layer?.Number ?? 0).ThenBy(part => part.Part.Digest.ToString(), StringComparer.Ordinal)];
        }

        /// <summary>Asks for a document. False where neither the registry nor the store has it.</summary>
        /// <param name="isTop">It was just fetched.</param>
        private async Task<bool> IsReadableAsync(Descriptor document, string noun, Descriptor? manifest, bool isTop,
            CancellationToken cancellation)
        {
            if (isTop)
                return true;
            var stored = store.TryReadDocument(document.Digest) is not null;
            try
            {
                if (!stored)
                    await source.ReadDocumentAsync(document, cancellation).ConfigureAwait(false);
                else if (await client.HeadForPullAsync(reference.WithDigest(document.Digest), cancellation).ConfigureAwait(false) is null)
                    lost.Add(new LostPart(document, manifest, null, noun, null));
                return true;
            }
            catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound)
            {
                lost.Add(new LostPart(document, manifest, null, noun, null));
                return false;
            }
        }

        private IEnumerable<(Descriptor Blob, Descriptor Manifest, LayerPlace? Layer)> BlobsOf(Descriptor document)
        {
            var manifest = read[document.Digest];
            yield return (manifest.Config, document, null);
            // Layers that may not be redistributed are fetched from their own addresses.
            for (var i = 0; Asked == PartsAsked.All && i < manifest.Layers.Length; i++)
                if (manifest.Layers[i].Urls is not { IsEmpty: false })
                    yield return (manifest.Layers[i], document, new LayerPlace(i + 1, manifest.Layers.Length, manifest.Layers[i].Digest,
                        null, null));
        }

        /// <summary>
        /// Whose image a manifest is: as its descriptor says, else as its config does where it can be had.
        /// An attestation is about another's.
        /// </summary>
        private async Task<Platform?> PlatformOfAsync(Descriptor? manifest, CancellationToken cancellation)
        {
            if (manifest is not null && PlatformSubset.AboutOf(manifest) is { } about
                && Manifests.FirstOrDefault(other => other.Digest == about) is { } image && image != manifest)
                return await PlatformOfAsync(image, cancellation).ConfigureAwait(false);
            if (manifest?.Platform is { } said)
                return said.ToPlatform();
            if (manifest is null || !read.TryGetValue(manifest.Digest, out var document) || !MediaType.IsConfig(document.Config.MediaType))
                return null;
            try
            {
                return (await source.ReadConfigAsync(document.Config, cancellation).ConfigureAwait(false)).Platform;
            }
            catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound)
            {
                return null;
            }
        }
    }
}
