using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Images;

/// <summary>One image of a Docker archive: an entry of its <c>manifest.json</c>.</summary>
/// <remarks>
/// Source: Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format". The names are paths in the archive.
/// </remarks>
internal sealed record DockerArchiveImage
{
    [JsonPropertyName("Config")] public string? Config { get; init; }
    [JsonPropertyName("RepoTags")] public ImmutableArray<string>? RepoTags { get; init; }
    [JsonPropertyName("Layers")] public ImmutableArray<string>? Layers { get; init; }

    [JsonIgnore] public IEnumerable<string> Names => RepoTags is { IsDefault: false } names ? names : [];
}

[JsonSerializable(typeof(ImmutableArray<DockerArchiveImage>))]
internal sealed partial class DockerArchiveJson : JsonSerializerContext;
