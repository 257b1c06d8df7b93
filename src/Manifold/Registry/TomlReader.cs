using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Manifold.Registry;

/// <summary>Reads what configuration files of the container tools use of TOML: tables, arrays of tables, strings, numbers, booleans, arrays.</summary>
/// <remarks>
/// Dates, inline tables and multi-line strings are refused by line, never misread. Source: TOML 1.0. One use.
/// </remarks>
internal sealed class TomlReader(string text)
{
    private readonly JsonObject root = [];
    private int at;
    private int line = 1;

    /// <exception cref="FormatException">The text is not TOML, or more of it than is read here; the message has the line.</exception>
    public static JsonObject Read(string text) => new TomlReader(text).Read();

    private JsonObject Read()
    {
        var table = root;
        while (SkipToContent())
        {
            if (Take("[["))
                table = OpenTable(Header("]]"), isArray: true);
            else if (Take("["))
                table = OpenTable(Header("]"), isArray: false);
            else
                ReadPair(table);
            EndLine();
        }
        return root;
    }

    private void ReadPair(JsonObject table)
    {
        var path = ReadKey();
        if (!Take("="))
            throw Wrong("expected '=' after a key");
        var target = Descend(table, path[..^1]);
        if (target.ContainsKey(path[^1]))
            throw Wrong($"'{path[^1]}' is set twice");
        target[path[^1]] = ReadValue();
    }

    private List<string> Header(string end)
    {
        var path = ReadKey();
        return Take(end) ? path : throw Wrong($"expected '{end}'");
    }

    private JsonObject OpenTable(List<string> path, bool isArray)
    {
        var parent = Descend(root, path[..^1]);
        var name = path[^1];
        if (!isArray)
            return Descend(parent, [name]);
        if (!parent.ContainsKey(name))
            parent[name] = new JsonArray();
        if (parent[name] is not JsonArray tables)
            throw Wrong($"'{name}' is set twice");
        var table = new JsonObject();
        tables.Add((JsonNode)table);
        return table;
    }

    /// <summary>An array of tables stands for its last one: <c>[[registry.mirror]]</c> belongs to the registry above it.</summary>
    private JsonObject Descend(JsonObject table, List<string> path)
    {
        foreach (var name in path)
        {
            if (!table.ContainsKey(name))
                table[name] = new JsonObject();
            table = table[name] switch
            {
                JsonObject next => next,
                JsonArray { Count: > 0 } array when array[^1] is JsonObject last => last,
                _ => throw Wrong($"'{name}' is not a table"),
            };
        }
        return table;
    }

    private List<string> ReadKey()
    {
        var path = new List<string>();
        do
        {
            SkipBlanks();
            path.Add(Peek is '"' or '\'' ? ReadString() : Bare());
            SkipBlanks();
        }
        while (Take("."));
        return path;
    }

    private string Bare()
    {
        var start = at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-')
            at++;
        return at > start ? text[start..at] : throw Wrong("expected a key");
    }

    private JsonNode ReadValue()
    {
        SkipBlanks();
        if (Peek is '"' or '\'')
            return ReadString();
        if (Take("["))
            return ReadArray();
        var start = at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '-' or '+' or '.')
            at++;
        return text[start..at] switch
        {
            "true" => true,
            "false" => false,
            var word when double.TryParse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => throw Wrong("expected a string, a number, true, false or an array"),
        };
    }

    private JsonArray ReadArray()
    {
        var array = new JsonArray();
        while (true)
        {
            if (!SkipToContent())
                throw Wrong("an array is not closed with ']'");
            if (Take("]"))
                return array;
            array.Add((JsonNode?)ReadValue());
            if (SkipToContent() && !Take(",") && Peek != ']')
                throw Wrong("expected ',' or ']'");
        }
    }

    private string ReadString()
    {
        var quote = text[at++];
        if (Peek == quote && at + 1 < text.Length && text[at + 1] == quote)
            throw Wrong("multi-line strings are not supported");
        var value = new StringBuilder();
        for (; Peek != quote; at++)
        {
            if (at >= text.Length || Peek == '\n')
                throw Wrong("a string is not closed");
            value.Append(Peek == '\\' && quote == '"' ? Escaped() : Peek);
        }
        at++;
        return value.ToString();
    }

    private string Escaped()
    {
        at++;
        switch (Peek)
        {
            case '"' or '\\': return Peek.ToString();
            case 't': return "\t";
            case 'n': return "\n";
            case 'r': return "\r";
            case 'u' when at + 4 < text.Length && int.TryParse(text.AsSpan(at + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code):
                at += 4;
                return ((char)code).ToString();
            default: throw Wrong("a string has an unknown escape sequence after '\\'");
        }
    }

    private char Peek => at < text.Length ? text[at] : '\0';

    private bool Take(string expected)
    {
        SkipBlanks();
        if (string.CompareOrdinal(text, at, expected, 0, expected.Length) != 0)
            return false;
        at += expected.Length;
        return true;
    }

    private void SkipBlanks()
    {
        while (Peek is ' ' or '\t' or '\r')
            at++;
    }

    private bool SkipToContent()
    {
        for (; at < text.Length; at++)
        {
            if (Peek == '#')
                at = text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
            if (Peek == '\n')
                line++;
            else if (at < text.Length && !char.IsWhiteSpace(Peek))
                return true;
        }
        return false;
    }

    private void EndLine()
    {
        SkipBlanks();
        if (at < text.Length && Peek is not ('\n' or '#'))
            throw Wrong("expected the end of the line");
    }

    private FormatException Wrong(string what) => new($"line {line}: {what}");
}
