using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Publishing.Referrers;

/// <summary>A document about a manifest, to be attached to it: never an entry of an index, never a change of a tag.</summary>
/// <remarks>Source: OCI image specification, "Guidelines for Artifact Usage": one blob, an empty config, a subject.</remarks>
internal sealed record Attachment
{
    /// <summary>What readers look for among the referrers.</summary>
    public required string ArtifactType { get; init; }

    /// <summary>Of the blob.</summary>
    public required string MediaType { get; init; }

    /// <summary>The manifest that it is about.</summary>
    public required Descriptor Subject { get; init; }

    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>For the blob's descriptor.</summary>
    public ImmutableSortedDictionary<string, string>? BlobAnnotations { get; init; }

    /// <summary>For the manifest; registries repeat them in the list of referrers.</summary>
    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>The config's type: the empty one, but for signatures, which cosign made before there was one.</summary>
    public string ConfigType { get; init; } = Oci.MediaType.Empty;

    /// <summary>Whether what is listed already says the same: then nothing is attached. By default: the same document.</summary>
    public Func<Descriptor, bool>? IsSameAs { get; init; }

    internal static byte[] EmptyConfig => "{}"u8.ToArray();

    internal Descriptor ConfigBlob => new() { MediaType = ConfigType, Digest = Digest.Of(EmptyConfig), Size = EmptyConfig.Length };

    internal Descriptor ContentBlob => new()
    {
        MediaType = MediaType,
        Digest = Digest.Of(Content.Span),
        Size = Content.Length,
        Annotations = BlobAnnotations,
    };

    internal byte[] ToManifest() => new Manifest
    {
        ArtifactType = ArtifactType,
        Config = ConfigBlob,
        Layers = [ContentBlob],
        Subject = new Descriptor { MediaType = Subject.MediaType, Digest = Subject.Digest, Size = Subject.Size },
        Annotations = Annotations,
    }.ToJson();
}
