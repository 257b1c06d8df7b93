using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>
/// A document about a platform's manifest, ready to lie beside the image:
/// as a referrer in a layout, as a file in a folder.
/// </summary>
/// <param name="Manifest">Of the artifact, with what lists of referrers say of it.</param>
/// <param name="Parts">The artifact's manifest, config and content.</param>
/// <param name="FileName">What the content is called among an image's files, as buildx calls it.</param>
/// <param name="Content">The document itself.</param>
internal sealed record AttachedDocument(
    Digest Subject, Descriptor Manifest, ImmutableArray<ManifestContent> Parts, string FileName, ReadOnlyMemory<byte> Content);

/// <summary>An image with documents about it that no place has yet, so that whatever writes images writes them too.</summary>
/// <remarks>What refers to the image where it comes from is not handed on.</remarks>
internal sealed class AttachedImage(IImageSource source, ImmutableArray<AttachedDocument> attached) : IImageSource
{
    private readonly ImmutableDictionary<Digest, ManifestContent> parts =
        attached.SelectMany(document => document.Parts).DistinctBy(part => part.Descriptor.Digest)
            .ToImmutableDictionary(part => part.Descriptor.Digest);

    /// <summary>The attached documents.</summary>
    public ImmutableArray<AttachedDocument> Attached => attached;

    public ImageLocation Location => source.Location;

    public Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default) => source.ResolveAsync(cancellation);

    public Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default) =>
        parts.TryGetValue(document.Digest, out var own) ? Task.FromResult(own.Bytes) : source.ReadDocumentAsync(document, cancellation);

    public Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default) => parts.TryGetValue(blob.Digest,
        out var own)
        ? Task.FromResult<Stream>(new MemoryStream(own.Bytes.ToArray(), writable: false)) : source.OpenBlobAsync(blob, cancellation);

    public Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default) =>
        Task.FromResult<ImmutableArray<Descriptor>>([.. attached.Where(document => document.Subject == subject)
            .Select(document => document.Manifest)]);

    public ImmutableArray<ImageReference> OriginsOf(Digest blob) => parts.ContainsKey(blob) ? [] : source.OriginsOf(blob);

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
