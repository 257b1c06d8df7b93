using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image of the store, by name or just built. Layers of bases that were never downloaded are fetched from where they were seen.</summary>
public sealed class StoreSource(Store store, RegistryClient registry, ImageReference name, Descriptor? top = null) : IImageSource
{
    private readonly BlobOrigins origins = new(store);

    public ImageLocation Location => ImageLocation.InStore(name);

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default)
    {
        var target = top ?? store.Tags.Find(name)
            ?? throw new UsageException($"The store '{store.Root}' has no image '{name}'. See: manifold images");
        return Task.FromResult(new ManifestContent(target, store.ReadDocument(target.Digest)));
    }

    public async Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default)
    {
        await FetchAsync(document, cancellation).ConfigureAwait(false);
        return store.ReadDocument(document.Digest);
    }

    public async Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default)
    {
        await FetchAsync(blob, cancellation).ConfigureAwait(false);
        return store.Open(blob.Digest);
    }

    public Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        Task.FromResult(ImmutableArray<Descriptor>.Empty);

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => origins.Find(blob);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task FetchAsync(Descriptor blob, CancellationToken cancellation) =>
        store.Contains(blob.Digest) ? Task.CompletedTask : new MissingBlob(registry, origins, store).FetchAsync(blob, cancellation);
}
