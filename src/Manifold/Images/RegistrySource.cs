using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of a registry. Documents that the store has are not asked for again; blobs are streamed, and kept nowhere.</summary>
/// <remarks>A name without a registry is looked for when the image is first asked for; from then on <see cref="Location"/> has its
/// registry.</remarks>
internal sealed class RegistrySource(RegistryClient client, Store store, ImageReference asked) : IImageSource
{
    private static readonly ImmutableArray<string> CosignSuffixes = ["sig", "att", "sbom"];

    // A manifest is read by whoever plans, whoever sends it and whoever looks after it.
    private readonly ConcurrentDictionary<Digest, ReadOnlyMemory<byte>> manifests = new();
    private readonly SharedValue<(ImageReference Name, ManifestContent Content)> top = new(stop => FetchTopAsync(client, asked, stop));

    private ImageReference Name => top.TryGet(out var known) ? known.Name : asked;

    /// <summary>The name with its registry, which is looked for where the name has none.</summary>
    private async ValueTask<ImageReference> NameAsync(CancellationToken cancellation) =>
        asked.ShortName is null ? Name : (await top.GetAsync(cancellation).ConfigureAwait(false)).Name;

    public ImageLocation Location => ImageLocation.InRegistry(Name);

    public async Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) =>
        (await top.GetAsync(cancellation).ConfigureAwait(false)).Content;

    public async Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default)
    {
        // Not asked for: parts of an image may be there before its top is.
        if (top.TryGet(out var image) && image.Content.Descriptor.Digest == document.Digest)
            return image.Content.Bytes;
        if (store.TryReadDocument(document.Digest) is { } stored)
            return stored;
        if (MediaType.IsIndex(document.MediaType) || MediaType.IsManifest(document.MediaType))
        {
            if (manifests.TryGetValue(document.Digest, out var known))
                return known;
            var name = await NameAsync(cancellation).ConfigureAwait(false);
            var content = await client.GetManifestAsync(name.WithDigest(document.Digest), cancellation).ConfigureAwait(false)
                ?? throw Broken($"its part {document.Digest} is missing.", HttpStatusCode.NotFound);
            return manifests[document.Digest] = content.Bytes;
        }
        return await DocumentReading.FetchAsync(client, await NameAsync(cancellation).ConfigureAwait(false), document,
            what => Broken(what), cancellation).ConfigureAwait(false);
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default) =>
        store.TryOpen(blob.Digest) ?? await client.OpenBlobAsync(await NameAsync(cancellation).ConfigureAwait(false), blob,
            cancellation: cancellation).ConfigureAwait(false);

    public async Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        (await client.ListReferrersAsync(await NameAsync(cancellation).ConfigureAwait(false), subject, cancellation: cancellation)
            .ConfigureAwait(false)).Entries;

    /// <remarks>Costs a small request for each of cosign's three suffixes.</remarks>
    public async Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default)
    {
        var name = await NameAsync(cancellation).ConfigureAwait(false);
        var tags = CosignSuffixes.Select(suffix => TaggedManifest.PrefixOf(subject) + suffix).ToList();
        var found = await Task.WhenAll(tags.Select(tag => client.HeadManifestAsync(name.WithTag(tag), cancellation: cancellation)))
            .ConfigureAwait(false);
        return [.. tags.Zip(found).Where(pair => pair.Second is not null).Select(pair => new TaggedManifest(pair.First, pair.Second!))];
    }

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => [Name];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RegistryException Broken(string what, HttpStatusCode? status = null) =>
        new($"read {Name}: {what} The image is broken. Push it again with: manifold push --check-all")
        {
            Registry = Name.Registry,
            Status = status
        };

    private static async Task<(ImageReference, ManifestContent)> FetchTopAsync(
        RegistryClient client, ImageReference asked, CancellationToken cancellation)
    {
        var name = await client.QualifyAsync(asked, cancellation).ConfigureAwait(false);
        return (name, await client.GetManifestAsync(name, cancellation).ConfigureAwait(false)
            ?? throw new RegistryException($"read {name}: the registry does not have this image. Check the name and the tag.")
            {
                Registry = name.Registry,
                Status = HttpStatusCode.NotFound
            });
    }
}
