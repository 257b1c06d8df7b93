using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Verification.Signatures;

/// <summary>One signature as it was found: not yet checked.</summary>
internal sealed record FoundSignature(byte[] Payload, byte[] Signature);

/// <summary>The signatures that are kept for a manifest, wherever cosign and its kin keep them.</summary>
/// <remarks>
/// <code>
/// 1  referrers of the manifest whose type is cosign's     registry, or OCI layout
/// 2  the image at the tag sha256-HEX.sig                  registry
/// </code>
/// What is malformed is left out: it proves nothing. Each costs a manifest and a blob of some hundred bytes.
/// </remarks>
internal sealed class SignatureReader(IImageSource source)
{
    // cosign's payloads have some 250 bytes; annotations of whoever signs come in addition.
    private const int PayloadBytes = 64 * 1024, SignaturesAtMost = 100;

    public async Task<IReadOnlyList<FoundSignature>> ReadAsync(Digest manifest, CancellationToken cancellation = default)
    {
        // 1
        var found = new List<FoundSignature>();
        foreach (var referrer in (await source.ListReferrersAsync(manifest, cancellation).ConfigureAwait(false))
            .Where(entry => entry.ArtifactType == SimpleSigning.ArtifactType).Take(SignaturesAtMost))
            found.AddRange(await SignaturesOfAsync(await source.ReadDocumentAsync(referrer, cancellation).ConfigureAwait(false),
                cancellation).ConfigureAwait(false));
        // 2
        foreach (var tagged in (await source.ListTaggedAsync(manifest, cancellation).ConfigureAwait(false))
            .Where(tagged => tagged.Tag == SimpleSigning.TagOf(manifest)))
            found.AddRange(await SignaturesOfAsync(await source.ReadDocumentAsync(tagged.Manifest, cancellation).ConfigureAwait(false),
                cancellation).ConfigureAwait(false));
        return found;
    }

    private async Task<List<FoundSignature>> SignaturesOfAsync(ReadOnlyMemory<byte> document, CancellationToken cancellation)
    {
        var found = new List<FoundSignature>();
        if (TryParse(document) is not { } manifest)
            return found;
        foreach (var layer in manifest.Layers.Where(layer => layer.MediaType == SimpleSigning.MediaType && layer.Size <= PayloadBytes)
            .Take(SignaturesAtMost))
        {
            if (SignatureOf(layer) is not { } signature)
                continue;
            await using var content = await source.OpenBlobAsync(layer, cancellation).ConfigureAwait(false);
            using var payload = new MemoryStream();
            await content.CopyToAsync(payload, cancellation).ConfigureAwait(false);
            found.Add(new FoundSignature(payload.ToArray(), signature));
        }
        return found;
    }

    internal static byte[]? SignatureOf(Descriptor layer)
    {
        var text = layer.Annotations?.GetValueOrDefault(SimpleSigning.SignatureAnnotation) ?? "";
        var bytes = new byte[text.Length];
        return text.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    /// <summary>Null where it is no manifest.</summary>
    internal static Manifest? TryParse(ReadOnlyMemory<byte> document)
    {
        try
        {
            return Manifest.Parse(document.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
