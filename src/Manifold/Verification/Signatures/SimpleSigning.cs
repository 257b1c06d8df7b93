using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Verification.Signatures;

/// <summary>What a signature of cosign's kind says: this manifest, under this name, was signed. The signed bytes are this JSON.</summary>
/// <remarks>
/// Written by hand, because the bytes are signed.
/// Source: containers/image, "containers-signature(5)", section "JSON Data Format"; sigstore/cosign specs/SIGNATURE_SPEC.md.
/// </remarks>
/// <param name="Reference">The name as whoever signed it called it: a repository, with a tag or without.</param>
internal sealed record SimpleSigning(string Reference, Digest Manifest)
{
    public const string MediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string ArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
    public const string SignatureAnnotation = "dev.cosignproject.cosign/signature";
    private const string Type = "cosign container image signature";

    /// <summary>The tag at which cosign keeps a manifest's signatures: <c>sha256-HEX.sig</c>.</summary>
    public static string TagOf(Digest manifest) => $"{manifest.Algorithm}-{manifest.Hex}.sig";

    /// <summary>
    /// The statement for a manifest in a repository. As cosign has it, without the tag, which may move; Docker Hub is
    /// <c>index.docker.io</c>.
    /// </summary>
    public static SimpleSigning For(ImageReference repository, Digest manifest) =>
        new($"{(repository.Registry == "docker.io" ? "index.docker.io" : repository.Registry)}/{repository.Repository}", manifest);

    /// <summary>The bytes that are signed; the same each time.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("critical");
            json.WriteStartObject("identity");
            json.WriteString("docker-reference", Reference);
            json.WriteEndObject();
            json.WriteStartObject("image");
            json.WriteString("docker-manifest-digest", Manifest.ToString());
            json.WriteEndObject();
            json.WriteString("type", Type);
            json.WriteEndObject();
            json.WriteNull("optional");
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>Null where it is something else, however well it is signed.</summary>
    public static SimpleSigning? TryParse(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            var critical = json.RootElement.GetProperty("critical");
            return critical.GetProperty("type").GetString() == Type
                && Digest.TryParse(critical.GetProperty("image").GetProperty("docker-manifest-digest").GetString(), out var digest)
                && critical.GetProperty("identity").GetProperty("docker-reference").GetString() is { } reference
                ? new SimpleSigning(reference, digest) : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether it was signed under this repository's name, with whatever tag.</summary>
    public bool Names(ImageReference repository) => ImageReference.TryParse(Reference, out var signed) && signed.Name == repository.Name;
}
