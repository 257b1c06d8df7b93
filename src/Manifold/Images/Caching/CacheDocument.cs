using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Solving.Keeping;

namespace Manifold.Images.Caching;

/// <summary>What one platform's build knows: which step made which layer, and the layers' blobs. The config of a cache manifest.</summary>
/// <remarks>The format is told in docs/outputs-and-cache.md.</remarks>
internal sealed record CacheDocument
{
    public const string MediaType = "application/vnd.io.manifold.cache.v1+json";

    public ImmutableArray<CachedStep> Steps { get; init; } = [];
    public ImmutableArray<CachedLayer> Layers { get; init; } = [];

    /// <exception cref="FormatException">It is none.</exception>
    public static CacheDocument Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var document = JsonSerializer.Deserialize(json, CacheJson.Default.CacheDocument);
            return document is { Steps.IsDefault: false, Layers.IsDefault: false }
                && document.Steps.All(step => step?.Record is not null)
                && document.Layers.All(layer => layer?.Blob is { Size: >= 0 and <= Limits.ContentBytes })
                ? document
                : throw new FormatException("its steps or its layers are missing.");
        }
        catch (JsonException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, CacheJson.Default.CacheDocument);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CacheDocument))]
internal sealed partial class CacheJson : JsonSerializerContext;
