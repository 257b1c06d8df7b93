using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Publishing.Referrers;

/// <summary>The members of an SPDX 2.3 document that Manifold writes.</summary>
internal sealed record SpdxFile
{
    public string SpdxVersion { get; init; } = "SPDX-2.3";
    public string DataLicense { get; init; } = "CC0-1.0";

    [JsonPropertyName("SPDXID")]
    public required string Id { get; init; }

    public required string Name { get; init; }
    public required string DocumentNamespace { get; init; }
    public required SpdxCreation CreationInfo { get; init; }
    public required ImmutableArray<SpdxPackage> Packages { get; init; }
    public required ImmutableArray<SpdxRelationship> Relationships { get; init; }
    public ImmutableArray<SpdxLicense>? HasExtractedLicensingInfos { get; init; }
}

internal sealed record SpdxCreation(string Created, ImmutableArray<string> Creators, string? Comment);

internal sealed record SpdxPackage
{
    public const string Unknown = "NOASSERTION";

    [JsonPropertyName("SPDXID")]
    public required string Id { get; init; }

    public required string Name { get; init; }
    public string? VersionInfo { get; init; }
    public required string PrimaryPackagePurpose { get; init; }
    public string DownloadLocation { get; init; } = Unknown;
    public bool FilesAnalyzed { get; init; }
    public string Supplier { get; init; } = Unknown;
    public ImmutableArray<SpdxChecksum>? Checksums { get; init; }
    public string? Description { get; init; }
    public string? SourceInfo { get; init; }
    public string LicenseConcluded { get; init; } = Unknown;
    public string LicenseDeclared { get; init; } = Unknown;
    public string CopyrightText { get; init; } = Unknown;
    public ImmutableArray<SpdxReference>? ExternalRefs { get; init; }
}

internal sealed record SpdxChecksum(string Algorithm, string ChecksumValue);

internal sealed record SpdxReference(string ReferenceCategory, string ReferenceType, string ReferenceLocator)
{
    public static ImmutableArray<SpdxReference> To(string packageUrl) => [new("PACKAGE-MANAGER", "purl", packageUrl)];
}

internal sealed record SpdxRelationship(string SpdxElementId, string RelationshipType, string RelatedSpdxElement);

internal sealed record SpdxLicense(string LicenseId, string ExtractedText);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SpdxFile))]
internal sealed partial class SpdxJson : JsonSerializerContext;
