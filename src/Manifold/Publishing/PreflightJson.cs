using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Manifold.Publishing;

/// <summary>
/// A preflight as members of a plan's JSON: <c>repositories</c> and <c>targets</c>.
/// Null is an answer that a registry does not give.
/// </summary>
internal static class PreflightJson
{
    public static void Write(Utf8JsonWriter json, Preflight? preflight)
    {
        json.WritePropertyName("repositories");
        JsonSerializer.Serialize(
            json, (preflight?.Repositories ?? []).Select(PlannedRepository.Of), PreflightRecordsJson.Default.IEnumerablePlannedRepository);
        json.WritePropertyName("targets");
        JsonSerializer.Serialize(
            json, (preflight?.Tags ?? []).Select(PlannedTarget.Of), PreflightRecordsJson.Default.IEnumerablePlannedTarget);
    }
}

internal sealed record PlannedRepository
{
    public required string Name { get; init; }
    public required bool MayPush { get; init; }
    public required bool? Exists { get; init; }
    public required bool? AcceptsIndex { get; init; }
    public required bool? AcceptsZstd { get; init; }
    public required bool? HasReferrersApi { get; init; }

    public static PlannedRepository Of(RepositoryState repository) => new()
    {
        Name = repository.Name,
        MayPush = repository.Problem is null,
        Exists = repository.Exists,
        AcceptsIndex = repository.AcceptsIndex,
        AcceptsZstd = repository.AcceptsZstd,
        HasReferrersApi = repository.HasReferrersApi,
    };
}

internal sealed record PlannedTarget
{
    public required string Tag { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Platform { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Digest { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<string>? Platforms { get; init; }

    public required ImmutableArray<string> Loses { get; init; }

    public static PlannedTarget Of(TargetState target) => new()
    {
        Tag = target.Tag.ToString(),
        Platform = target.Platform?.ToString(),
        Digest = target.Now?.Digest.ToString(),
        Platforms = target.Now is { } now ? [.. now.Platforms.Select(platform => platform.ToString())] : null,
        Loses = [.. target.Losing.Select(platform => platform.ToString())],
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IEnumerable<PlannedRepository>))]
[JsonSerializable(typeof(IEnumerable<PlannedTarget>))]
internal sealed partial class PreflightRecordsJson : JsonSerializerContext;
