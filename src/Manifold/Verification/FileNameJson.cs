using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Linux;

namespace Manifold.Verification;

/// <summary>
/// Texts in JSON that may be names of files: those that are not UTF-8, for which JSON has no form,
/// are a zero and their bytes in hex.
/// </summary>
/// <remarks>No name has a zero. Every other text is as it is.</remarks>
internal sealed class FileNameJson : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Named(reader.GetString());

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Named(reader.GetString())!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Text(value));

    // Also a text with such a character as a part of another, which does no harm.
    private static string Text(string name) =>
        name.AsSpan().ContainsAnyInRange('\uDC80', '\uDCFF') ? "\0" + Convert.ToHexString(FileName.Encode(name)) : name;

    private static string? Named(string? text)
    {
        if (text is not ['\0', .. var hex])
            return text;
        try
        {
            return FileName.Decode(Convert.FromHexString(hex));
        }
        catch (FormatException e)
        {
            throw new JsonException($"'{hex}' is not a file name in hexadecimal.", e);
        }
    }
}
