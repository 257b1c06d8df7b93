using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Cli;

/// <summary>An inspected image for programs.</summary>
internal static class InspectedJson
{
    // '+' stays itself: media types are read by people.
    internal static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(InspectedImage image)
    {
        var json = Document(image);
        if (image.ReferrersUnknown is { } why)
            json["referrersUnknown"] = why;
        return json.ToJsonString(Readable);
    }

    private static JsonObject Document(InspectedImage image) => new()
    {
        ["name"] = image.Location.Reference?.ToString() ?? image.Location.ToString(),
        ["location"] = image.Location.Transport is Transport.Registry ? $"docker://{image.Location}" : image.Location.ToString(),
        ["digest"] = image.Top.Descriptor.Digest.ToString(),
        ["mediaType"] = image.Top.Descriptor.MediaType,
        ["size"] = image.Size,
        ["annotations"] = Write(image.Index?.Annotations),
        ["nested"] = new JsonArray([.. image.Nested.Select(Write)]),
        ["platforms"] = new JsonArray([.. image.Manifests.Where(manifest => manifest.Platform is not null)
            .Select(manifest => Write(manifest, image))]),
        ["attestations"] = new JsonArray([.. image.Manifests.Where(manifest => manifest.Platform is null)
            .Select(manifest => Write(manifest, image))]),
        ["referrers"] = Referrers(image.Referrers, image),
    };

    /// <summary>Null where nobody knows them.</summary>
    private static JsonArray? Referrers(ImmutableArray<Descriptor> referrers, InspectedImage image) => image.ReferrersUnknown is null
        ? new([.. referrers.Select(Write)]) : null;

    private static JsonObject Write(InspectedManifest manifest, InspectedImage image) => new()
    {
        ["platform"] = manifest.Platform?.ToString(),
        ["osVersion"] = manifest.Descriptor.Platform?.OsVersion,
        ["about"] = manifest.About?.ToString(),
        ["digest"] = manifest.Descriptor.Digest.ToString(),
        ["mediaType"] = manifest.Descriptor.MediaType,
        ["size"] = manifest.Size,
        ["layers"] = new JsonArray([.. manifest.Manifest.Layers.Select(Write)]),
        ["annotations"] = Write(manifest.Manifest.Annotations),
        ["referrers"] = Referrers(manifest.Referrers, image),
        ["config"] = manifest.Config is { } config ? JsonNode.Parse(config.ToJson()) : null,
    };

    private static JsonNode Write(Descriptor descriptor) => new JsonObject
    {
        ["digest"] = descriptor.Digest.ToString(),
        ["size"] = descriptor.Size,
        ["mediaType"] = descriptor.MediaType,
        ["artifactType"] = descriptor.ArtifactType,
    };

    private static JsonObject? Write(ImmutableSortedDictionary<string, string>? annotations) =>
        annotations is null
            ? null
            : new JsonObject(annotations.Select(annotation => KeyValuePair.Create(annotation.Key, (JsonNode?)annotation.Value)));
}
