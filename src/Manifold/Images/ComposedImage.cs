using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>An image made of others': documents of its own, and all else where it was. So whatever writes images writes it too.</summary>
/// <remarks>
/// Owns its sources. What is about a document of an other image goes with it; what is about one that was made anew has no subject any more.
/// </remarks>
/// <param name="owners">Which source has which content, where there are several.</param>
/// <param name="source">Has everything else.</param>
internal sealed class ComposedImage(
    ManifestContent top,
    ImmutableDictionary<Digest, ReadOnlyMemory<byte>> documents,
    ImmutableDictionary<Digest, IImageSource> owners,
    IImageSource source) : IImageSource
{
    private static readonly ImmutableDictionary<Digest, IImageSource> OneSource = ImmutableDictionary<Digest, IImageSource>.Empty;

    /// <summary>An image whose index, and perhaps manifests, were made anew over the blobs of one source.</summary>
    public static ComposedImage Over(IImageSource source, ManifestContent top, params IEnumerable<ManifestContent> documents) =>
        new(top,
            documents.Append(top).DistinctBy(document => document.Descriptor.Digest)
                .ToImmutableDictionary(document => document.Descriptor.Digest, document => document.Bytes), OneSource, source);

    /// <summary>A document with its descriptor.</summary>
    public static ManifestContent Content(string mediaType, byte[] json) =>
        new(new Descriptor { MediaType = mediaType, Digest = Digest.Of(json), Size = json.Length }, json);

    public ImageLocation Location => source.Location;

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) => Task.FromResult(top);

    public Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default) =>
        documents.TryGetValue(document.Digest, out var own)
            ? Task.FromResult(own)
            : OwnerOf(document.Digest).ReadDocumentAsync(document, cancellation);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default) =>
        documents.TryGetValue(blob.Digest, out var own)
            ? Task.FromResult<Stream>(new MemoryStream(own.ToArray(), writable: false))
            : OwnerOf(blob.Digest).OpenBlobAsync(blob, cancellation);

    public Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        documents.ContainsKey(subject)
            ? Task.FromResult(ImmutableArray<Descriptor>.Empty)
            : OwnerOf(subject).ListReferrersAsync(subject, cancellation);

    public Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default) =>
        documents.ContainsKey(subject)
            ? Task.FromResult(ImmutableArray<TaggedManifest>.Empty)
            : OwnerOf(subject).ListTaggedAsync(subject, cancellation);

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => documents.ContainsKey(blob) ? [] : OwnerOf(blob).OriginsOf(blob);

    public async ValueTask DisposeAsync()
    {
        foreach (var each in owners.Values.Append(source).Distinct())
            await each.DisposeAsync().ConfigureAwait(false);
    }

    private IImageSource OwnerOf(Digest digest) => owners.GetValueOrDefault(digest, source);
}
