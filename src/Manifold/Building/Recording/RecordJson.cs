using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>A record as JSON: members in camel case, left out if they are null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, Converters = [typeof(PlatformJsonConverter)])]
[JsonSerializable(typeof(BuildRecord))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    public static byte[] Write(BuildRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, Default.BuildRecord);

    /// <summary>Indented JSON.</summary>
    public static string WriteReadable(BuildRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer,
            new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(json, record, Default.BuildRecord);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <exception cref="FormatException">It is not a build record, or its version is newer than this program.</exception>
    public static BuildRecord Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.BuildRecord) switch
            {
                null => throw new FormatException("it is not a build record: it contains null"),
                { Version: > Recording.BuildRecord.CurrentVersion } newer => throw new FormatException($"it has version {newer.Version}, "
                    + $"and this program reads up to version {Recording.BuildRecord.CurrentVersion}: use a newer manifold"),
                var record => record,
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not a build record: {e.Message}", e);
        }
    }
}

/// <summary>Writes a platform as its text.</summary>
internal sealed class PlatformJsonConverter : JsonConverter<Platform>
{
    public override Platform Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (!Platform.TryParse(reader.GetString(), out var platform))
            throw new JsonException($"'{reader.GetString()}' is not a platform.");
        return platform;
    }

    public override void Write(Utf8JsonWriter writer, Platform value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
