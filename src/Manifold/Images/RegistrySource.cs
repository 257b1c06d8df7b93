using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of a registry. What the store has already is not asked for again.</summary>
public sealed class RegistrySource(RegistryClient client, Store store, ImageReference reference) : IImageSource
{
    private readonly Lazy<Task<ManifestContent>> top = new(() => FetchTopAsync(client, reference));

    public ImageLocation Location => ImageLocation.InRegistry(reference);

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) => top.Value.WaitAsync(cancellation);

    public async Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default)
    {
        if (store.TryReadDocument(document.Digest) is { } stored)
            return stored;
        if (MediaType.IsIndex(document.MediaType) || MediaType.IsManifest(document.MediaType))
        {
            return (await client.GetManifestAsync(reference.WithDigest(document.Digest), cancellation).ConfigureAwait(false)
                ?? throw Absent($"its part {document.Digest} is not there. The image is broken: have it pushed again.")).Bytes;
        }
        if (document.Size > Limits.DocumentBytes)
            throw Absent($"its config of {document.Size} bytes is too large.");
        await client.PullBlobAsync(reference, document, store, null, cancellation).ConfigureAwait(false);
        return store.ReadDocument(document.Digest);
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default)
    {
        await client.PullBlobAsync(reference, blob, store, null, cancellation).ConfigureAwait(false);
        return store.Open(blob.Digest);
    }

    public async Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        (await client.ListReferrersAsync(reference, subject, null, cancellation).ConfigureAwait(false)).Entries;

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => [reference];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RegistryException Absent(string what) => new($"read {reference}: {what}") { Registry = reference.Registry };

    private static async Task<ManifestContent> FetchTopAsync(RegistryClient client, ImageReference reference) =>
        await client.GetManifestAsync(reference).ConfigureAwait(false)
        ?? throw new RegistryException($"read {reference}: the registry does not have it. Check the name and the tag.") { Registry = reference.Registry };
}
