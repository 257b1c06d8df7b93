using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of a registry. Documents that the store has are not asked for again; blobs are streamed, and kept nowhere.</summary>
public sealed class RegistrySource(RegistryClient client, Store store, ImageReference reference) : IImageSource
{
    private static readonly ImmutableArray<string> CosignSuffixes = ["sig", "att", "sbom"];

    // A manifest is read by whoever plans, whoever sends it and whoever looks after it.
    private readonly ConcurrentDictionary<Digest, ReadOnlyMemory<byte>> manifests = new();
    private readonly Lazy<Task<ManifestContent>> top = new(() => FetchTopAsync(client, reference));

    public ImageLocation Location => ImageLocation.InRegistry(reference);

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) => top.Value.WaitAsync(cancellation);

    public async Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default)
    {
        // Not asked for: parts of an image may be there before its top is.
        if (top is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && await top.Value.ConfigureAwait(false) is var image && image.Descriptor.Digest == document.Digest)
            return image.Bytes;
        if (store.TryReadDocument(document.Digest) is { } stored)
            return stored;
        if (MediaType.IsIndex(document.MediaType) || MediaType.IsManifest(document.MediaType))
        {
            if (manifests.TryGetValue(document.Digest, out var known))
                return known;
            var content = await client.GetManifestAsync(reference.WithDigest(document.Digest), cancellation).ConfigureAwait(false)
                ?? throw Broken($"its part {document.Digest} is not there.", HttpStatusCode.NotFound);
            return manifests[document.Digest] = content.Bytes;
        }
        if (document.Size > Limits.DocumentBytes)
            throw Broken($"its config of {document.Size} bytes is too large.");
        await using var config = await client.OpenBlobAsync(reference, document, cancellation: cancellation).ConfigureAwait(false);
        var bytes = new byte[document.Size];
        await config.ReadExactlyAsync(bytes, cancellation).ConfigureAwait(false);
        return bytes;
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default) =>
        store.TryOpen(blob.Digest) ?? await client.OpenBlobAsync(reference, blob, cancellation: cancellation).ConfigureAwait(false);

    public async Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        (await client.ListReferrersAsync(reference, subject, cancellation: cancellation).ConfigureAwait(false)).Entries;

    /// <remarks>Costs a small request for each of cosign's three suffixes.</remarks>
    public async Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default)
    {
        var tags = CosignSuffixes.Select(suffix => TaggedManifest.PrefixOf(subject) + suffix).ToList();
        var found = await Task.WhenAll(tags.Select(tag => client.HeadManifestAsync(reference.WithTag(tag), cancellation: cancellation))).ConfigureAwait(false);
        return [.. tags.Zip(found).Where(pair => pair.Second is not null).Select(pair => new TaggedManifest(pair.First, pair.Second!))];
    }

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => [reference];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RegistryException Broken(string what, HttpStatusCode? status = null) =>
        new($"read {reference}: {what} The image is broken: have it pushed again, with manifold push --check-all.")
        {
            Registry = reference.Registry,
            Status = status
        };

    private static async Task<ManifestContent> FetchTopAsync(RegistryClient client, ImageReference reference) =>
        await client.GetManifestAsync(reference).ConfigureAwait(false)
        ?? throw new RegistryException($"read {reference}: the registry does not have it. Check the name and the tag.")
        {
            Registry = reference.Registry,
            Status = HttpStatusCode.NotFound
        };
}
