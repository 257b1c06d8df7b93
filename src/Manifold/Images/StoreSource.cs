using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>
/// An image of the store, by name or just built. Layers of bases that were never downloaded are fetched from where they were seen.
/// </summary>
internal sealed class StoreSource(Store store, RegistryClient registry, ImageReference name, Descriptor? top = null) : IImageSource
{
    private readonly BlobOrigins origins = new(store);

    /// <summary>An image that was just built, under its first name; one without a name goes by its digest.</summary>
    public static StoreSource OfBuilt(Store store, RegistryClient registry, ImmutableArray<ImageReference> names, Descriptor index) =>
        new(store, registry, names.FirstOrDefault() ?? ImageReference.Parse("build").WithDigest(index.Digest), index);

    public ImageLocation Location => ImageLocation.InStore(name);

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default)
    {
        var target = top ?? store.Tags.Find(name) ?? throw Unknown();
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

    /// <remarks>Those that stand in the store's index without a name, where a copy keeps them.</remarks>
    public Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        Task.FromResult<ImmutableArray<Descriptor>>([.. store.Tags.Roots()
            .Where(entry => MediaType.IsManifest(entry.MediaType) && SubjectOf(entry) == subject)
            .DistinctBy(entry => entry.Digest)]);

    public Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default)
    {
        var prefix = TaggedManifest.PrefixOf(subject);
        return Task.FromResult<ImmutableArray<TaggedManifest>>([.. store.Tags.List()
            .Where(image =>
                image.Reference is { Tag: { } tag } own && own.Name == name.Name && tag.StartsWith(prefix, StringComparison.Ordinal))
            .Select(image => new TaggedManifest(image.Reference!.Tag!, image.Target))]);
    }

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => origins.Find(blob);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Digest? SubjectOf(Descriptor entry) => store.TryReadDocument(entry.Digest) is { } document
        ? DocumentReading.Parse(Location, entry, document, Manifest.Parse).Subject?.Digest : null;

    private UsageException Unknown()
    {
        const int most = 5;
        var others = store.Tags.List().Where(image => image.Reference?.Name == name.Name).Select(image => image.Name).Take(most).ToList();
        return new($"The store '{store.Root}' does not have the image '{name}'. "
            + (others.Count > 0 ? $"It has: {string.Join(", ", others)}" : "To list images, run: manifold images"));
    }

    private Task FetchAsync(Descriptor blob, CancellationToken cancellation) =>
        store.Contains(blob.Digest) ? Task.CompletedTask : new MissingBlob(registry, origins, store).FetchAsync(blob, cancellation);
}
