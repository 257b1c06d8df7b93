using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Oci;

namespace Manifold.Reporting.Records;

/// <summary>A record as JSON: members in camel case, absent where they say nothing.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, Converters = [typeof(PlatformJsonConverter)])]
[JsonSerializable(typeof(BuildRecord))]
public sealed partial class RecordJson : JsonSerializerContext
{
    public static byte[] Write(BuildRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, Default.BuildRecord);

    /// <summary>For people, indented.</summary>
    public static string WriteReadable(BuildRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(json, record, Default.BuildRecord);
        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <exception cref="FormatException">It is none, or of a version that this program does not know.</exception>
    public static BuildRecord Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, Default.BuildRecord) switch
            {
                null => throw new FormatException("it is JSON's null"),
                { Version: > Records.BuildRecord.CurrentVersion } newer => throw new FormatException($"it is of version {newer.Version}, and this program knows {Records.BuildRecord.CurrentVersion}: use a newer manifold"),
                var record => record,
            };
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is no record of a build: {e.Message}", e);
        }
    }
}

/// <summary>A platform in JSON is its text.</summary>
internal sealed class PlatformJsonConverter : JsonConverter<Platform>
{
    public override Platform Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Platform.TryParse(reader.GetString(), out var platform) ? platform : throw new JsonException($"'{reader.GetString()}' is not a platform.");

    public override void Write(Utf8JsonWriter writer, Platform value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
