using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Publishing.Referrers;

/// <summary>An in-toto statement with SLSA's provenance: the members that Manifold writes.</summary>
internal sealed record ProvenanceStatement(
    [property: JsonPropertyName("_type")] string Type,
    ImmutableArray<ProvenanceResource> Subject,
    string PredicateType,
    ProvenancePredicate Predicate);

internal sealed record ProvenancePredicate(ProvenanceDefinition BuildDefinition, ProvenanceRun RunDetails);

internal sealed record ProvenanceDefinition
{
    public required string BuildType { get; init; }
    public required ProvenanceParameters ExternalParameters { get; init; }
    public required ProvenanceInternals InternalParameters { get; init; }
    public required ImmutableArray<ProvenanceResource> ResolvedDependencies { get; init; }
}

internal sealed record ProvenanceParameters(
    ProvenanceDockerfile Dockerfile, string Platform, string? Target, IReadOnlyDictionary<string, string> BuildArguments);

internal sealed record ProvenanceDockerfile(string Path, string Digest);

internal sealed record ProvenanceInternals(long FileTime, string BuildPlatform);

/// <summary>A subject has a name, a dependency has an address.</summary>
internal sealed record ProvenanceResource
{
    public string? Name { get; init; }
    public string? Uri { get; init; }
    public required IReadOnlyDictionary<string, string> Digest { get; init; }
    public ProvenanceAnnotations? Annotations { get; init; }
}

internal sealed record ProvenanceAnnotations(bool LocallyModified);

internal sealed record ProvenanceRun(ProvenanceBuilder Builder, ProvenanceMetadata? Metadata);

internal sealed record ProvenanceBuilder(string Id, IReadOnlyDictionary<string, string> Version);

internal sealed record ProvenanceMetadata(string InvocationId, string StartedOn, string FinishedOn);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProvenanceStatement))]
internal sealed partial class ProvenanceJson : JsonSerializerContext;
