using System.Collections.Immutable;
using System.Text.Json;

namespace Manifold.Content;

/// <summary>The members of <c>index.json</c> other than its entries, as they were written.</summary>
/// <param name="Head">Up to and with the bracket that opens the list of entries.</param>
/// <param name="Tail">From the bracket that closes it.</param>
internal sealed record TagIndexFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Tail)
{
    public static readonly ReadOnlyMemory<byte> Comma = ","u8.ToArray();

    private static readonly TagIndexFrame Standard = new(
        """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["""u8.ToArray(), "]}"u8.ToArray());

    public static TagIndex Empty { get; } = new(Standard, []);

    /// <summary>Reads the file once, from start to end. A missing list is empty, as is JSON's null, which some tools write.</summary>
    /// <exception cref="FormatException">The file is not an image index.</exception>
    public static TagIndex Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return Read(json);
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is not an image index: {e.Message}", e);
        }
    }

    private static TagIndex Read(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException("This is not an image index: it is not a JSON object.");
        TagIndex? found = null;
        var members = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            members++;
            var isList = reader.ValueTextEquals("manifests"u8);
            reader.Read();
            if (!isList)
                reader.Skip();
            else if (reader.TokenType == JsonTokenType.StartArray)
                found = ReadList(ref reader, json);
            else if (reader.TokenType == JsonTokenType.Null)
                found = new(Around(json, (int)reader.TokenStartIndex, (int)reader.BytesConsumed, "[", "]"), []);
            else
                throw new FormatException("This is not an image index: its 'manifests' is not a list.");
        }
        var end = (int)reader.TokenStartIndex;
        while (reader.Read())
        {
            // Whatever follows the object is an error that the reader tells.
        }
        return found ?? new(Around(json, end, end, (members > 0 ? "," : "") + "\"manifests\":[", "]"), []);
    }

    private static TagIndex ReadList(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var head = json[..(int)reader.BytesConsumed];
        var entries = ImmutableArray.CreateBuilder<TagEntry?>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var begin = (int)reader.TokenStartIndex;
            reader.Skip();
            if (reader.TokenType == JsonTokenType.Null)
                throw new FormatException("This image index contains a null entry.");
            entries.Add(TagEntry.Parse(json[begin..(int)reader.BytesConsumed]));
        }
        return new(new TagIndexFrame(head, json[(int)reader.TokenStartIndex..]), entries.ToImmutable());
    }

    private static TagIndexFrame Around(ReadOnlyMemory<byte> json, int begin, int end, string open, string close) =>
        new(Joined(json.Span[..begin], open, []), Joined([], close, json.Span[end..]));

    private static byte[] Joined(ReadOnlySpan<byte> before, string text, ReadOnlySpan<byte> after) =>
        [.. before, .. System.Text.Encoding.UTF8.GetBytes(text), .. after];
}
