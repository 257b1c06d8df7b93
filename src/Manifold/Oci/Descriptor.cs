using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Oci;

/// <summary>Points to content: what it is, its digest and its size in bytes.</summary>
/// <remarks>Source: OCI image specification, "OCI Content Descriptors".</remarks>
public sealed record Descriptor
{
    [JsonPropertyOrder(0)] public required string MediaType { get; init; }
    [JsonPropertyOrder(1)] public required Digest Digest { get; init; }
    [JsonPropertyOrder(2)] public required long Size { get; init; }
    [JsonPropertyOrder(3)] public PlatformFields? Platform { get; init; }
    [JsonPropertyOrder(4)] public ImmutableSortedDictionary<string, string>? Annotations { get; init; }
    [JsonPropertyOrder(5)] public string? ArtifactType { get; init; }
    [JsonPropertyOrder(6)] public ImmutableArray<string>? Urls { get; init; }
    [JsonPropertyOrder(7)] public string? Data { get; init; }

    /// <exception cref="DocumentException">It is none, or breaks one of the <see cref="DocumentRules"/>.</exception>
    public static Descriptor Parse(ReadOnlySpan<byte> json) =>
        DocumentRules.Checked(OciJson.Parse(json, OciJson.Default.Descriptor, "descriptor"));
}

/// <summary>A platform as an index entry spells it; <see cref="ToPlatform"/> gives the normal form.</summary>
public sealed record PlatformFields
{
    public required string Architecture { get; init; }
    public required string Os { get; init; }
    [JsonPropertyName("os.version")] public string? OsVersion { get; init; }
    [JsonPropertyName("os.features")] public ImmutableArray<string>? OsFeatures { get; init; }
    public string? Variant { get; init; }

    public static PlatformFields From(Platform platform) =>
        new() { Architecture = platform.Architecture, Os = platform.Os, Variant = platform.Variant };

    public Platform ToPlatform() => Oci.Platform.Normalized(Os, Architecture, Variant);
}
