using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Oci;

/// <summary>One platform's image: its config and its layers, lowest first.</summary>
/// <remarks>Source: OCI image specification, "OCI Image Manifest Specification"; reads Docker's schema 2 as well.</remarks>
public sealed record Manifest
{
    [JsonPropertyOrder(0)] public int SchemaVersion { get; init; } = 2;
    [JsonPropertyOrder(1)] public string? MediaType { get; init; } = Oci.MediaType.Manifest;
    [JsonPropertyOrder(2)] public string? ArtifactType { get; init; }
    [JsonPropertyOrder(3)] public required Descriptor Config { get; init; }
    [JsonPropertyOrder(4)] public required ImmutableArray<Descriptor> Layers { get; init; }
    [JsonPropertyOrder(5)] public Descriptor? Subject { get; init; }
    [JsonPropertyOrder(6)] public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <exception cref="DocumentException">It is none, lacks its config or its layers, or breaks another of the
    /// <see cref="DocumentRules"/>.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> json) =>
        DocumentRules.Checked(OciJson.Parse(json, OciJson.Default.Manifest, "image manifest"));

    public byte[] ToJson() => OciJson.Write(this, OciJson.Default.Manifest);
}
