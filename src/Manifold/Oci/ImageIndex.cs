using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Oci;

/// <summary>The images of several platforms under one digest. Entries are in the order in which clients try them.</summary>
/// <remarks>Source: OCI image specification, "OCI Image Index Specification"; reads Docker's manifest list as well.</remarks>
public sealed record ImageIndex
{
    [JsonPropertyOrder(0)] public int SchemaVersion { get; init; } = 2;
    [JsonPropertyOrder(1)] public string? MediaType { get; init; } = Oci.MediaType.Index;
    [JsonPropertyOrder(2)] public string? ArtifactType { get; init; }
    [JsonPropertyOrder(3)] public required ImmutableArray<Descriptor> Manifests { get; init; }
    [JsonPropertyOrder(4)] public Descriptor? Subject { get; init; }
    [JsonPropertyOrder(5)] public ImmutableSortedDictionary<string, string>? Annotations { get; init; }

    /// <summary>
    /// The entries that are images of a platform. Attestations, which some builders list as <c>unknown/unknown</c>, are not.
    /// </summary>
    [JsonIgnore]
    public IEnumerable<Descriptor> Images => Manifests.Where(IsImage);

    internal static bool IsImage(Descriptor entry) =>
        entry.Platform is not { Os: "unknown" } && entry.ArtifactType is null
        && (Oci.MediaType.IsManifest(entry.MediaType) || Oci.MediaType.IsIndex(entry.MediaType));

    /// <exception cref="DocumentException">It is none, or breaks one of the <see cref="DocumentRules"/>.</exception>
    public static ImageIndex Parse(ReadOnlySpan<byte> json) =>
        DocumentRules.Checked(OciJson.Parse(json, OciJson.Default.ImageIndex, "image index"));

    public byte[] ToJson() => OciJson.Write(this, OciJson.Default.ImageIndex);
}
