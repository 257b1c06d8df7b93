using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Manifold.Hcl.Json;

/// <summary>A text that is not JSON, and the place of the fault.</summary>
public sealed class JsonSyntaxException(string message, int offset) : FormatException(message)
{
    public int Offset => offset;
}

/// <summary>Reads JSON into a tree in which every value knows its place. The platform's reader finds the tokens.</summary>
/// <remarks>Written here, because the platform's trees have no places, and its reader counts in bytes. Source: RFC 8259.</remarks>
public static class JsonReader
{
    // Deeper than people write, and it bounds the stack.
    internal const int Deepest = 128;

    /// <exception cref="JsonSyntaxException">The text is not JSON, or contains a null character.</exception>
    public static JsonValue Read(string text) => new Tree(text).Document();

    private ref struct Tree(string text)
    {
        private readonly ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        private Utf8JsonReader reader = default;
        private (int Byte, int Character) known = default;

        /// <summary>The end of the last token, in characters. Colons and commas are not tokens.</summary>
        private int end = 0;

        public JsonValue Document()
        {
            reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = Deepest });
            Read(JsonContext.Document);
            var value = Value();
            Read(JsonContext.AfterDocument);
            return value;
        }

        private void Read(JsonContext context)
        {
            try
            {
                reader.Read();
            }
            catch (JsonException)
            {
                throw new JsonFault(text, context).From(end);
            }
            end = CharacterOf(TokenEnd());
        }

        private readonly long TokenEnd() => reader.TokenType switch
        {
            JsonTokenType.None => bytes.Length,
            JsonTokenType.String or JsonTokenType.PropertyName => reader.TokenStartIndex + reader.ValueSpan.Length + 2,
            _ => reader.TokenStartIndex + Math.Max(1, reader.ValueSpan.Length),
        };

        /// <summary>Tokens are asked for in the order of the text, so each character is counted once or twice.</summary>
        private int CharacterOf(long at)
        {
            if (at < known.Byte)
                known = default;
            var more = Encoding.UTF8.GetCharCount(bytes[known.Byte..(int)at]);
            known = ((int)at, known.Character + more);
            return known.Character;
        }

        private JsonValue Value()
        {
            var (start, length) = Place();
            return reader.TokenType switch
            {
                JsonTokenType.StartObject => Map(start),
                JsonTokenType.StartArray => List(start),
                JsonTokenType.String => String(),
                JsonTokenType.Number => new JsonNumber(text.Substring(start, length), start, length),
                JsonTokenType.Null => new JsonLiteral(null, start, length),
                _ => new JsonLiteral(reader.TokenType == JsonTokenType.True, start, length),
            };
        }

        private (int Start, int Length) Place()
        {
            var last = end;
            var start = last - Encoding.UTF8.GetCharCount(bytes[(int)reader.TokenStartIndex..(int)TokenEnd()]);
            return (start, last - start);
        }

        private JsonMap Map(int start)
        {
            var members = ImmutableArray.CreateBuilder<JsonMember>();
            for (Read(JsonContext.FirstName); reader.TokenType != JsonTokenType.EndObject; Read(JsonContext.NextName))
            {
                var name = String();
                Read(JsonContext.Member);
                members.Add(new JsonMember(name, Value()));
            }
            return new JsonMap(members.ToImmutable(), start, end - start);
        }

        private JsonList List(int start)
        {
            var items = ImmutableArray.CreateBuilder<JsonValue>();
            for (Read(JsonContext.FirstItem); reader.TokenType != JsonTokenType.EndArray; Read(JsonContext.NextItem))
                items.Add(Value());
            return new JsonList(items.ToImmutable(), start, end - start);
        }

        private JsonString String()
        {
            var (start, length) = Place();
            var value = text.Substring(start + 1, length - 2);
            return reader.ValueIsEscaped
                ? new JsonString(JsonEscapes.Decode(value, start + 1), false, start, length)
                : new JsonString(value, true, start, length);
        }
    }
}
