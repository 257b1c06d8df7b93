using System.Buffers;
using System.Text.RegularExpressions;

namespace Manifold.Hcl.Json;

/// <summary>The part of a document that the reader expects next.</summary>
internal enum JsonContext
{
    Document,
    AfterDocument,
    FirstName,
    NextName,
    Member,
    FirstItem,
    NextItem,
}

/// <summary>Says what is wrong with a text that the platform's reader refuses, whose own messages count lines and bytes from 0.</summary>
internal sealed partial class JsonFault(string text, JsonContext context)
{
    private const string NumberCharacters = "0123456789-+.eE";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <param name="end">The end of the last token that is correct.</param>
    public JsonSyntaxException From(int end)
    {
        var at = SkipBlanks(end);
        switch (context)
        {
            case JsonContext.AfterDocument: return After(at);
            case JsonContext.FirstName: return Name(at);
            case JsonContext.NextName: return CharacterAt(at) == ',' ? Name(SkipBlanks(at + 1)) : After(at);
            case JsonContext.Member: return Value(SkipBlanks(at + 1));
            case JsonContext.NextItem: return CharacterAt(at) == ',' ? Value(SkipBlanks(at + 1)) : After(at);
            default: return Value(at);
        }
    }

    private JsonSyntaxException After(int at) => Wrong(at, context switch
    {
        JsonContext.Document or JsonContext.AfterDocument => "unexpected text after the end of the document",
        JsonContext.FirstItem or JsonContext.NextItem => "expected ',' or ']'",
        _ => "expected ',' or '}'",
    });

    private JsonSyntaxException Name(int at) => CharacterAt(at) == '"'
        ? String(at, out var end) ?? Wrong(SkipBlanks(end), "expected ':'")
        : Wrong(at, "expected a name in double quotes");

    private JsonSyntaxException Value(int at)
    {
        switch (CharacterAt(at))
        {
            case '"': return String(at, out var end) ?? After(SkipBlanks(end));
            case '-' or (>= '0' and <= '9'): return Number(at);
            case '[' or '{': return Wrong(at, $"more than {JsonReader.Deepest} levels of nesting are not supported");
            default:
                return new JsonSyntaxException(at < text.Length
                    ? "expected a value: \"text\", a number, true, false, null, [ or {"
                    : "the document ends too early: expected a value", at);
        }
    }

    private JsonSyntaxException Number(int start)
    {
        var end = start;
        while (NumberCharacters.Contains(CharacterAt(end)))
            end++;
        return NumberPattern().IsMatch(text[start..end])
            ? After(SkipBlanks(end))
            : new JsonSyntaxException($"'{text[start..end]}' is not a number", start);
    }

    /// <summary>Returns null if the string is correct.</summary>
    private JsonSyntaxException? String(int start, out int end)
    {
        for (end = start + 1; CharacterAt(end) != '"'; end++)
        {
            if (end >= text.Length || text[end] is '\n' or '\r')
                return new JsonSyntaxException("the string has no closing quote", start);
            if (text[end] == NullCharacter.Value)
                return Wrong(end, NullCharacter.Refused);
            if (text[end] < ' ')
                return Wrong(end, "a control character must be written as an escape sequence, such as \\t");
            if (text[end] == '\\' && !IsEscape(++end))
                return Wrong(end, "expected one of \" \\ / b f n r t u after '\\'");
        }
        end++;
        return null;
    }

    private bool IsEscape(int at) => CharacterAt(at) == 'u'
        ? at + 4 < text.Length && !text.AsSpan(at + 1, 4).ContainsAnyExcept(HexDigits)
        : "\"\\/bfnrt".Contains(CharacterAt(at));

    private int SkipBlanks(int at)
    {
        while (CharacterAt(at) is ' ' or '\t' or '\r' or '\n')
            at++;
        return at;
    }

    private char CharacterAt(int at) => at < text.Length ? text[at] : '\0';

    private JsonSyntaxException Wrong(int at, string what) => new(at < text.Length ? what : "the document ends too early: " + what, at);

    [GeneratedRegex(@"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\z")]
    private static partial Regex NumberPattern();
}
