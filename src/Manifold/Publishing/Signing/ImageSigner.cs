using System.Collections.Immutable;
using System.Text;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Verification.Signatures;

namespace Manifold.Publishing.Signing;

/// <summary>Signs an image as cosign does: the index and every platform's manifest below it, each by itself.</summary>
/// <remarks>
/// <code>
/// each manifest  1  statement        repository and digest, as JSON; signed by these bytes
///                2  referrer         cosign's type for OCI 1.1, for readers of referrers
///                3  sha256-HEX.sig   where cosign 2, podman, skopeo and cluster policies look; signatures of others are kept
/// </code>
/// Idempotent: a place that has a good signature by this key, and all that belongs to it, is left alone.
/// See docs/decisions/0013-signatures.md.
/// </remarks>
internal sealed class ImageSigner(RegistryClient client, ImageReference repository, SigningKey key, TimeProvider time)
{
    private ReferrerPublisher Referrers => new(client, repository, time) { AsksForBlobs = AsksForBlobs };

    /// <summary>Asks for the blobs of signatures that are there, too.</summary>
    public bool AsksForBlobs { get; init; }

    /// <summary>Signs; returns the manifests that got a signature now, the others had one.</summary>
    /// <param name="source">Where the documents are read; the signatures go to the repository.</param>
    public async Task<ImmutableArray<SignedPart>> SignAsync(IImageSource source, Descriptor top, CancellationToken cancellation = default)
    {
        var signed = ImmutableArray.CreateBuilder<SignedPart>();
        foreach (var part in await SignedParts.OfAsync(source, top, cancellation).ConfigureAwait(false))
            if (await SignAsync(part.Descriptor, cancellation).ConfigureAwait(false))
                signed.Add(part);
        return signed.ToImmutable();
    }

    private async Task<bool> SignAsync(Descriptor manifest, CancellationToken cancellation)
    {
        // 1
        var payload = SimpleSigning.For(repository, manifest.Digest).ToJson();
        using var verifier = key.Public;
        var layer = new Descriptor
        {
            MediaType = SimpleSigning.MediaType,
            Digest = Digest.Of(payload),
            Size = payload.Length,
            Annotations = ImmutableSortedDictionary<string, string>.Empty.Add(SimpleSigning.SignatureAnnotation,
                Convert.ToBase64String(key.Sign(payload))),
        };
        bool IsOurs(Descriptor other) =>
            other.Digest == layer.Digest && SignatureReader.SignatureOf(other) is { } signature && verifier.Verifies(payload, signature);
        // 2
        var attached = !await HasReferrerAsync(manifest.Digest, IsOurs, cancellation).ConfigureAwait(false)
            && await Referrers.AttachAsync(new Attachment
            {
                ArtifactType = SimpleSigning.ArtifactType,
                ConfigType = SimpleSigning.ArtifactType,
                MediaType = SimpleSigning.MediaType,
                Subject = manifest,
                Content = payload,
                BlobAnnotations = layer.Annotations,
            }, cancellation).ConfigureAwait(false);
        // 3
        return await TagAsync(manifest.Digest, layer, payload, IsOurs, cancellation).ConfigureAwait(false) || attached;
    }

    private async Task<bool> HasReferrerAsync(Digest manifest, Func<Descriptor, bool> isOurs, CancellationToken cancellation)
    {
        var listed =
            await client.OfTargets.ListReferrersAsync(repository, manifest, SimpleSigning.ArtifactType, cancellation).ConfigureAwait(false);
        foreach (var entry in listed.Entries)
            if (await client.OfTargets.GetManifestAsync(repository.WithDigest(entry.Digest),
                cancellation).ConfigureAwait(false) is { } found
                && SignatureReader.TryParse(found.Bytes) is { } signature && signature.Layers.Any(isOurs)
                && await IsWholeAsync(signature, cancellation).ConfigureAwait(false))
                return true;
        return false;
    }

    private async Task<bool> IsWholeAsync(Manifest signature, CancellationToken cancellation) =>
        !AsksForBlobs || await Referrers.HasAllAsync(signature.Layers.Append(signature.Config), cancellation).ConfigureAwait(false);

    private async Task<bool> TagAsync(
        Digest manifest, Descriptor layer, byte[] payload, Func<Descriptor, bool> isOurs, CancellationToken cancellation)
    {
        var added = false;
        await Referrers.UpdateTagAsync(SimpleSigning.TagOf(manifest), MediaType.Manifest, async current =>
        {
            var before = current is null ? null : Manifest.Parse(current.Value.Span);
            var isSigned = before?.Layers.Any(isOurs) == true;
            if (isSigned && await IsWholeAsync(before!, cancellation).ConfigureAwait(false))
                return null;
            added = true;
            var layers = isSigned ? before!.Layers : before?.Layers.Add(layer) ?? [layer];
            var config = ConfigOf(layers);
            var configBlob = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of(config), Size = config.Length };
            await Referrers.PushBlobAsync(layer, payload, cancellation).ConfigureAwait(false);
            await Referrers.PushBlobAsync(configBlob, config, cancellation).ConfigureAwait(false);
            return new Manifest { Config = configBlob, Layers = layers, Annotations = before?.Annotations }.ToJson();
        }, cancellation).ConfigureAwait(false);
        return added;
    }

    /// <summary>An image without a platform, whose layers are the statements: cosign's form.</summary>
    private static byte[] ConfigOf(ImmutableArray<Descriptor> layers) => Encoding.UTF8.GetBytes(
        """{"architecture":"","created":"0001-01-01T00:00:00Z","history":["""
            + string.Join(',', layers.Select(_ => """{"created":"0001-01-01T00:00:00Z"}"""))
        + """],"os":"","rootfs":{"type":"layers","diff_ids":[""" + string.Join(',', layers.Select(layer => $"\"{layer.Digest}\""))
        + """]},"config":{}}""");
}
