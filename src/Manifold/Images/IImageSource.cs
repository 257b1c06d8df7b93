using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>A place that images are read from: a registry, the store, an OCI layout, an archive.</summary>
/// <remarks>Thread-safe: platforms and blobs are read in parallel. All that it hands out is verified against its digest.</remarks>
internal interface IImageSource : IAsyncDisposable
{
    /// <summary>Where this is, for messages.</summary>
    ImageLocation Location { get; }

    /// <summary>
    /// The image's top as it stands there: an index, or a manifest where there is no index. Asked once; the answer does not change.
    /// </summary>
    /// <exception cref="ManifoldException">There is no such image; the message says which there are, where that is known.</exception>
    Task<ManifestContent> ResolveAsync(CancellationToken cancellation = default);

    /// <summary>A manifest, index or config, whole; at most <see cref="Limits.DocumentBytes"/>.</summary>
    Task<ReadOnlyMemory<byte>> ReadDocumentAsync(Descriptor document, CancellationToken cancellation = default);

    /// <summary>
    /// A blob from its begin, owned by the caller. Reading to its end proves the content;
    /// what is left unread is not transferred where that can be helped.
    /// </summary>
    /// <exception cref="ContentMismatchException">While reading: the bytes are not what the descriptor says.</exception>
    Task<Stream> OpenBlobAsync(Descriptor blob, CancellationToken cancellation = default);

    /// <summary>The manifests whose subject is this one: signatures, SBOMs, provenance. Empty where the place knows no referrers.</summary>
    Task<ImmutableArray<Descriptor>> ListReferrersAsync(Digest subject, CancellationToken cancellation = default);

    /// <summary>
    /// What stands under a tag made of this digest, as cosign keeps signatures and attestations: <c>sha256-HEX.sig</c>, <c>.att</c>,
    /// <c>.sbom</c>.
    /// </summary>
    Task<ImmutableArray<TaggedManifest>> ListTaggedAsync(Digest subject, CancellationToken cancellation = default) =>
        Task.FromResult(ImmutableArray<TaggedManifest>.Empty);

    /// <summary>Repositories in which a blob was seen, newest first: where it can be mounted from.</summary>
    ImmutableArray<ImageReference> OriginsOf(Digest blob);
}
