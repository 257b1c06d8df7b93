using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing.Referrers;
using Manifold.Publishing.Signing;
using Manifold.Registry;
using Manifold.Verification.Packages;

namespace Manifold.Publishing;

/// <summary>What is to be attached to an image that is published.</summary>
internal sealed record AttachmentRequest
{
    /// <summary>A list of contents for each platform.</summary>
    public bool Sbom { get; init; }

    /// <summary>
    /// Tells where a platform's manifest came from, under a repository's name; null, for all or for one, where nobody knows, as for an
    /// image of somebody else.
    /// </summary>
    public Func<ImageReference, Platform, Descriptor, Provenance?>? Provenance
    {
        get;
        init => field = value is null
            ? null
            : (name, platform, manifest) => value(name, platform, manifest) is { } made
                ? made with { IsMinimal = IsMinimal }
                : null;
    }

    /// <summary>Provenance is without the values of build arguments.</summary>
    public bool IsMinimal { get; init; }

    /// <summary>Signs the index and every platform's manifest; null signs nothing. Not disposed.</summary>
    public SigningKey? Key { get; init; }

    /// <summary>Who made the documents, e.g. <c>manifold-0.1.0</c>.</summary>
    public required string Tool { get; init; }

    public bool IsEmpty => !Sbom && Provenance is null && Key is null;
}

/// <summary>What was attached; what was there before is not counted.</summary>
internal sealed record AttachmentSummary(int Sboms, int Provenances, int Signatures, int AlreadyThere)
{
    public static AttachmentSummary None { get; } = new(0, 0, 0, 0);

    public static AttachmentSummary operator +(AttachmentSummary a, AttachmentSummary b) =>
        new(a.Sboms + b.Sboms, a.Provenances + b.Provenances, a.Signatures + b.Signatures, a.AlreadyThere + b.AlreadyThere);
}

/// <summary>Publishes an image together with what is said about it: nobody meets a tag whose signature is not there yet.</summary>
/// <remarks>
/// <code>
/// 1  content     blobs and manifests by digest
/// 2  documents   SBOM and provenance of each platform, then signatures, in each repository
/// 3  tags        all together
/// </code>
/// Idempotent. What fails before 3 leaves all tags as they were.
/// </remarks>
internal sealed class ImageAttachments(PublishingTools tools, AttachmentRequest request)
{
    // buildx and other readers of in-toto statements look for it.
    private const string PredicateAnnotation = "in-toto.io/predicate-type", KeyAnnotation = "io.manifold.provenance.key";

    /// <param name="publication">Where it goes; its repositories get the documents.</param>
    public async Task<(Publication Publication, AttachmentSummary Summary)> PublishAsync(
        IImageSource source, Descriptor top, PublicationRequest publication,
        IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var publisher = new Publisher(tools);
        await publisher.RecoverAsync(cancellation).ConfigureAwait(false);
        var entries = await ImagePlatforms.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        var preflight = await publisher.PreflightAsync(
            publication, [.. entries.Select(entry => entry.Platform).Distinct()], cancellation).ConfigureAwait(false);
        return await PublishAsync(source, top, preflight, progress, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc cref="PublishAsync(IImageSource, Descriptor, PublicationRequest, IProgress{TransferProgress}?, CancellationToken)"/>
    public async Task<(Publication Publication, AttachmentSummary Summary)> PublishAsync(
        IImageSource source, Descriptor top, Preflight preflight,
        IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var publisher = new Publisher(tools);
        // 1
        var withoutTags = preflight with { Request = preflight.Request with { WithoutTags = true } };
        var sent = request.IsEmpty
            ? Transfers.None
            : (await publisher.PublishAsync(source, top, withoutTags, progress, cancellation).ConfigureAwait(false)).Transfers;
        // 2
        var summary = await AttachAsync(new PreparedImage(source, top, preflight), cancellation).ConfigureAwait(false);
        // 3
        var done = await publisher.PublishAsync(source, top, preflight, progress, cancellation).ConfigureAwait(false);
        return (done with { Transfers = sent + done.Transfers }, summary);
    }

    /// <summary>Attaches the documents to an image that the repositories have.</summary>
    public async Task<AttachmentSummary> AttachAsync(PreparedImage image, CancellationToken cancellation = default)
    {
        var summary = new AttachmentSummary(0, 0, 0, 0);
        if (request.IsEmpty)
            return summary;
        var (source, top) = (image.Source, image.Top);
        var contents = request.Sbom ? await ImageContents.ReadAsync(source, top, cancellation).ConfigureAwait(false) : null;
        var entries = await ImagePlatforms.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        foreach (var repository in image.Preflight.Request.Targets.DistinctBy(target => target.Name))
        {
            var asksForBlobs = (await Publisher.ScrutinyAsync(image, repository, cancellation).ConfigureAwait(false)).AsksForBlobs;
            var publisher = new ReferrerPublisher(tools.Registry, repository, tools.Time) { AsksForBlobs = asksForBlobs };
            var (sboms, provenances) = (Sboms(contents, repository), Provenances(entries, repository));
            var (newSboms, newProvenances) = (
                await publisher.AttachAllAsync(sboms, cancellation).ConfigureAwait(false),
                await publisher.AttachAllAsync(provenances, cancellation).ConfigureAwait(false));
            summary += new AttachmentSummary(newSboms, newProvenances, 0, sboms.Count + provenances.Count - newSboms - newProvenances);
            if (request.Key is { } key)
            {
                var signed = await new ImageSigner(tools.Registry, repository, key, tools.Time) { AsksForBlobs = asksForBlobs }
                    .SignAsync(source, top, cancellation).ConfigureAwait(false);
                summary = summary with { Signatures = summary.Signatures + signed.Length };
            }
        }
        return summary;
    }

    /// <summary>
    /// The image with the documents beside it, for a place that is no registry.
    /// Signatures are for registries, and not among them.
    /// </summary>
    /// <param name="name">What the documents call the image.</param>
    /// <param name="listed">What the place lists already for a manifest: what it says there is not said again.</param>
    public async Task<AttachedImage> BesideAsync(
        IImageSource source, ImageReference name, Func<Digest, Task<ImmutableArray<Descriptor>>> listed,
            CancellationToken cancellation = default)
    {
        var top = (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor;
        var contents = request.Sbom ? await ImageContents.ReadAsync(source, top, cancellation).ConfigureAwait(false) : null;
        var entries = await ImagePlatforms.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        var documents = ImmutableArray.CreateBuilder<AttachedDocument>();
        foreach (var attachment in Sboms(contents, name).Concat(Provenances(entries, name)))
        {
            var there = await listed(attachment.Subject.Digest).ConfigureAwait(false);
            if (!there.Any(entry => attachment.IsSameAs?.Invoke(entry) is true))
                documents.Add(Document(attachment));
        }
        return new AttachedImage(source, documents.ToImmutable());
    }

    private static AttachedDocument Document(Attachment attachment)
    {
        var manifest = attachment.ToManifest();
        var descriptor = new Descriptor
        {
            MediaType = MediaType.Manifest,
            Digest = Digest.Of(manifest),
            Size = manifest.Length,
            ArtifactType = attachment.ArtifactType,
            Annotations = attachment.Annotations,
        };
        return new AttachedDocument(
            attachment.Subject.Digest, descriptor,
            [new(descriptor, manifest), new(attachment.ConfigBlob, Attachment.EmptyConfig),
                new(attachment.ContentBlob, attachment.Content)],
            attachment.ArtifactType == SpdxDocument.MediaType ? "sbom.spdx.json" : "provenance.json", attachment.Content);
    }

    private List<Attachment> Sboms(ImageContents? contents, ImageReference name) =>
        [.. (contents?.Platforms ?? []).Select(platform => Sbom(platform, name))];

    private List<Attachment> Provenances(ImmutableArray<PlatformEntry> entries, ImageReference name) =>
        [.. entries.Select(entry => request.Provenance?.Invoke(name, entry.Platform, entry.Manifest)).OfType<Provenance>()
            .Select(Statement)];

    private Attachment Sbom(PlatformContents platform, ImageReference repository) => new()
    {
        ArtifactType = SpdxDocument.MediaType,
        MediaType = SpdxDocument.MediaType,
        Subject = platform.Descriptor,
        Content = new SpdxDocument(platform, repository, request.Tool).ToJson(),
    };

    // It says when, so each is another document; one that says the same otherwise is as good.
    private static Attachment Statement(Provenance provenance)
    {
        var key = provenance.Key.ToString();
        var predicate = ImmutableSortedDictionary<string, string>.Empty.Add(PredicateAnnotation, Provenance.PredicateType);
        return new Attachment
        {
            ArtifactType = Provenance.MediaType,
            MediaType = Provenance.MediaType,
            Subject = provenance.Subject,
            Content = provenance.ToJson(),
            BlobAnnotations = predicate,
            Annotations = predicate.Add(KeyAnnotation, key),
            IsSameAs = entry => entry.Annotations?.GetValueOrDefault(KeyAnnotation) == key,
        };
    }
}
