using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>What a registry must know of a manifest or an index: whom it points to, and how it is listed below its subject.</summary>
internal sealed record Document
{
    public required string MediaType { get; init; }
    public required ImmutableArray<Descriptor> Blobs { get; init; }
    public required ImmutableArray<Descriptor> Manifests { get; init; }
    public Descriptor? Subject { get; init; }
    public string? ArtifactType { get; init; }
    public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    public ImmutableArray<Descriptor> Children => Blobs.AddRange(Manifests);

    /// <summary>The entry in the list of referrers. Source: OCI distribution specification, "Listing Referrers".</summary>
    public Descriptor ReferrerEntry(Digest digest, long size) =>
        new()
        {
            MediaType = MediaType,
            Digest = digest,
            Size = size,
            ArtifactType = ArtifactType,
            Annotations = Annotations,
        };

    /// <summary>Null where the bytes are not a document of that media type, or of none that is known here.</summary>
    public static Document? TryParse(string mediaType, ReadOnlySpan<byte> json)
    {
        try
        {
            var document = Oci.MediaType.IsIndex(mediaType) ? FromIndex(mediaType, ImageIndex.Parse(json))
                : Oci.MediaType.IsManifest(mediaType) ? FromManifest(mediaType, Manifest.Parse(json))
                : null;
            return document is not null && document.Children.All(IsSound) ? document : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The media type that a document says it has, else the one that its members show. Null where it is neither.</summary>
    public static string? MediaTypeIn(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            return root.TryGetProperty("mediaType", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()
                : root.TryGetProperty("manifests", out _) ? Oci.MediaType.Index
                : root.TryGetProperty("layers", out _) ? Oci.MediaType.Manifest
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Document? FromIndex(string mediaType, ImageIndex index) =>
        index.SchemaVersion != 2 || index.Manifests.IsDefault || (index.MediaType ?? mediaType) != mediaType ? null : new()
        {
            MediaType = mediaType,
            Blobs = [],
            Manifests = index.Manifests,
            Subject = index.Subject,
            ArtifactType = index.ArtifactType,
            Annotations = index.Annotations,
        };

    private static Document? FromManifest(string mediaType, Manifest manifest) =>
        manifest.SchemaVersion != 2
            || manifest.Layers.IsDefault
            || manifest.Config is null
            || (manifest.MediaType ?? mediaType) != mediaType
            ? null
            : new()
            {
                MediaType = mediaType,
                Blobs = manifest.Layers.Insert(0, manifest.Config),
                Manifests = [],
                Subject = manifest.Subject,
                ArtifactType = string.IsNullOrEmpty(manifest.ArtifactType) ? manifest.Config.MediaType : manifest.ArtifactType,
                Annotations = manifest.Annotations,
            };

    private static bool IsSound(Descriptor child) => child is { Size: >= 0, MediaType: not null } && child.Digest != default;
}
