using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Manifold.Oci;

/// <summary>The JSON of the specifications. Writing is deterministic: members in declared order, maps sorted, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Descriptor))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ImageIndex))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ImmutableArray<string>))]
internal sealed partial class OciJson : JsonSerializerContext
{
    // '+' and '<' stay themselves: the default encoder escapes them for HTML, and digests and labels are read by people.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string noun)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new DocumentException($"This {noun} is null.");
        }
        catch (Exception e) when (
            e is JsonException or ArgumentException or InvalidOperationException or FormatException and not DocumentException)
        {
            // Texts with half a surrogate pair, and what else the reader only finds out when it makes the value.
            throw new DocumentException($"This is not an {noun}: {e.Message}", e);
        }
    }

    internal static byte[] Write<T>(T value, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            JsonSerializer.Serialize(writer, value, type);
        return buffer.ToArray();
    }
}
