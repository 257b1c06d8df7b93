using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Manifold.Hcl.Json;

/// <summary>A text that is not JSON, and the place of the fault.</summary>
public sealed class JsonSyntaxException(string message, int offset) : FormatException(message)
{
    public int Offset => offset;
}

/// <summary>Reads JSON and keeps the places, which the platform's own reader does not. Source: RFC 8259. </summary>
public sealed class JsonReader
{
    private readonly string text;

    // Deeper than people write, and it bounds the stack.
    private const int Deepest = 128;

    private int at;
    private int depth;

    private JsonReader(string text) => this.text = text;

    /// <exception cref="JsonSyntaxException">The text is not JSON.</exception>
    public static JsonValue Read(string text)
    {
        var reader = new JsonReader(text);
        var value = reader.Value();
        reader.SkipBlanks();
        return reader.at == text.Length ? value : throw reader.Wrong("unexpected text after the end of the document");
    }

    private JsonValue Value()
    {
        SkipBlanks();
        var start = at;
        switch (Peek)
        {
            case '{': return Nested(Map);
            case '[': return Nested(List);
            case '"': return Text();
            case '-' or (>= '0' and <= '9'): return Number();
        }
        while (char.IsAsciiLetter(Peek))
            at++;
        bool? value = text[start..at] switch
        {
            "true" => true,
            "false" => false,
            "null" => null,
            _ => throw new JsonSyntaxException(start < text.Length ? "expected a value: \"text\", a number, true, false, null, [ or {"
                : "the document ends too early: expected a value", start),
        };
        return new JsonLiteral(value, start, at - start);
    }

    private JsonValue Nested(Func<JsonValue> read)
    {
        if (++depth > Deepest)
            throw Wrong($"more than {Deepest} levels of nesting are not supported");
        var value = read();
        depth--;
        return value;
    }

    private JsonMap Map()
    {
        var start = at++;
        var members = ImmutableArray.CreateBuilder<JsonMember>();
        while (!Take('}'))
        {
            if (members.Count > 0 && !Take(','))
                throw Wrong("expected ',' or '}'");
            SkipBlanks();
            if (Peek != '"')
                throw Wrong("expected a name in double quotes");
            var name = Text();
            if (!Take(':'))
                throw Wrong("expected ':'");
            members.Add(new JsonMember(name, Value()));
        }
        return new JsonMap(members.ToImmutable(), start, at - start);
    }

    private JsonList List()
    {
        var start = at++;
        var items = ImmutableArray.CreateBuilder<JsonValue>();
        while (!Take(']'))
        {
            if (items.Count > 0 && !Take(','))
                throw Wrong("expected ',' or ']'");
            items.Add(Value());
        }
        return new JsonList(items.ToImmutable(), start, at - start);
    }

    private JsonNumber Number()
    {
        var start = at;
        while (char.IsAsciiDigit(Peek) || Peek is '-' or '+' or '.' or 'e' or 'E')
            at++;
        var number = text[start..at];
        return decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _) || double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? new JsonNumber(number, start, at - start) : throw new JsonSyntaxException($"'{number}' is not a number", start);
    }

    private JsonString Text()
    {
        var start = at++;
        var value = new StringBuilder();
        var plain = true;
        for (; Peek != '"'; at++)
        {
            if (at >= text.Length || Peek is '\n' or '\r')
                throw new JsonSyntaxException("the string has no closing quote", start);
            if (Peek == NullCharacter.Value)
                throw Wrong(NullCharacter.Refused);
            if (Peek == '\\')
                (plain, _) = (false, value.Append(Escaped()));
            else
                value.Append(Peek);
        }
        at++;
        return new JsonString(value.ToString(), plain, start, at - start);
    }

    private char Escaped()
    {
        at++;
        switch (Peek)
        {
            case '"' or '\\' or '/': return Peek;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when at + 4 < text.Length && int.TryParse(text.AsSpan(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                if (code == NullCharacter.Value)
                    throw new JsonSyntaxException(NullCharacter.Refused, at - 1);
                at += 4;
                return (char)code;
            default: throw Wrong("expected one of \" \\ / b f n r t u after '\\'");
        }
    }

    private char Peek => at < text.Length ? text[at] : '\0';

    private bool Take(char expected)
    {
        SkipBlanks();
        if (Peek != expected || at >= text.Length)
            return false;
        at++;
        return true;
    }

    private void SkipBlanks()
    {
        while (Peek is ' ' or '\t' or '\r' or '\n')
            at++;
    }

    private JsonSyntaxException Wrong(string what) => new(at < text.Length ? what : "the document ends too early: " + what, at);
}
