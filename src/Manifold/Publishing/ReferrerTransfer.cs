using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Verification.Signatures;

namespace Manifold.Publishing;

/// <summary>
/// Brings what refers to an image into a repository: signatures, SBOMs, provenance, so that they are there before the image has its name.
/// </summary>
/// <remarks>
/// <code>
/// 1  referrers by digest              the registry lists them itself, or
/// 2  the index under sha256-HEX       is kept here: what it has stays, what it lacks is added
/// 3  tags of cosign's older kind      sha256-HEX.sig: written where nothing would be lost by it
/// </code>
/// Idempotent. Source: OCI distribution specification 1.1, "Pushing Manifests with Subject" and "Referrers Tag Schema".
/// </remarks>
internal sealed class ReferrerTransfer(PublishingTools tools, IImageSource source, ImageParts image)
{
    /// <summary>Returns how many there are.</summary>
    public async Task<int> SendAsync(
        ImageReference repository, Scrutiny scrutiny, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        // 1
        var transfer = new ContentTransfer(tools, source, repository, progress);
        scrutiny = scrutiny with { IsPublished = false }; // the image was; what refers to it may be new
        await transfer.SendAsync(image.Referrers, scrutiny, cancellation).ConfigureAwait(false);
        // 2
        foreach (var subject in image.Referrers.GroupBy(SubjectOf))
        {
            if (subject.Key is { } digest)
                await ListAsync(repository, digest, [.. subject], cancellation).ConfigureAwait(false);
        }
        // 3
        foreach (var tagged in image.Tagged)
            await SendTaggedAsync((transfer, scrutiny), repository, tagged, cancellation).ConfigureAwait(false);
        return image.Referrers.Length + image.Tagged.Length;
    }

    private Digest? SubjectOf(Descriptor referrer)
    {
        var document = image.Documents.First(document => document.Descriptor.Digest == referrer.Digest);
        return MediaType.IsIndex(referrer.MediaType)
            ? ImageIndex.Parse(document.Bytes.Span).Subject?.Digest
            : Manifest.Parse(document.Bytes.Span).Subject?.Digest;
    }

    private async Task ListAsync(
        ImageReference repository, Digest subject, ImmutableArray<Descriptor> referrers, CancellationToken cancellation)
    {
        var listed =
            await tools.Registry.OfTargets.ListReferrersAsync(repository, subject, cancellation: cancellation).ConfigureAwait(false);
        if (listed.IsListedByRegistry)
            return;
        await new ReferrerPublisher(tools.Registry, repository, tools.Time)
            .UpdateTagAsync(RegistryClient.ReferrersTag(subject), MediaType.Index, current =>
            {
                var index = current is null ? new ImageIndex { Manifests = [] } : ImageIndex.Parse(current.Value.Span);
                var missing = referrers.Where(referrer => index.Manifests.All(entry => entry.Digest != referrer.Digest)).ToList();
                return Task.FromResult(missing.Count == 0 ? null : (index with { Manifests = [.. index.Manifests, .. missing] }).ToJson());
            }, cancellation).ConfigureAwait(false);
    }

    private async Task SendTaggedAsync((ContentTransfer Transfer, Scrutiny Scrutiny) sending,
        ImageReference repository, TaggedManifest tagged, CancellationToken cancellation)
    {
        var target = repository.WithTag(tagged.Tag);
        var document = await source.ReadDocumentAsync(tagged.Manifest, cancellation).ConfigureAwait(false);
        var there = await tools.Registry.OfTargets.GetManifestAsync(target, cancellation).ConfigureAwait(false);
        var isSame = there?.Descriptor.Digest == tagged.Manifest.Digest;
        if (there is not null && !isSame && !HasAllOf(document, there.Bytes))
        {
            tools.Warn($"'{target}' has signatures that {source.Location} does not have, so the tag was not changed.");
            return;
        }
        await sending.Transfer.SendAsync([tagged.Manifest], sending.Scrutiny, cancellation).ConfigureAwait(false);
        if (!isSame)
            await tools.Registry.PushManifestAsync(target, document, tagged.Manifest.MediaType, cancellation).ConfigureAwait(false);
    }

    private static bool HasAllOf(ReadOnlyMemory<byte> document, ReadOnlyMemory<byte> other) =>
        SignatureReader.TryParse(other) is { } theirs && SignatureReader.TryParse(document) is { } ours
            && theirs.Layers.All(layer => ours.Layers.Any(own => own.Digest == layer.Digest));
}
