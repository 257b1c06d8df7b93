using System.Text.Json.Nodes;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Manifold.Registry;

/// <summary>
/// Reads the container tools' configuration files into the JSON that says the same. Tomlyn parses them. Dates become strings.
/// </summary>
/// <remarks>
/// Only the parsers of Tomlyn are used, which need no reflection: the first has the better messages, the second makes the tree.
/// </remarks>
internal static class TomlReader
{
    /// <exception cref="FormatException">The text is not TOML. The message has the line.</exception>
    public static JsonObject Read(string text)
    {
        try
        {
            for (var parser = TomlParser.Create(text); parser.MoveNext();)
            {
            }
        }
        catch (TomlException e)
        {
            var fault = e.Diagnostics is [var first, ..] ? first.Message : e.Message;
            throw Wrong(e.Line ?? 1, Tidy(fault));
        }
        var document = SyntaxParser.Parse(text);
        var root = new JsonObject();
        Add(root, document.KeyValues);
        foreach (var table in document.Tables)
            Add(Open(root, table), table.Items);
        return document.HasErrors ? throw Wrong(Line(document.Diagnostics[0].Span), Tidy(document.Diagnostics[0].Message)) : root;
    }

    private static void Add(JsonObject table, IEnumerable<KeyValueSyntax> pairs)
    {
        foreach (var pair in pairs)
        {
            var path = Path(pair.Key!);
            if (!Descend(table, path[..^1], pair).TryAdd(path[^1], Value(pair.Value!)))
                throw Wrong(Line(pair.Span), $"'{path[^1]}' is set twice");
        }
    }

    private static JsonObject Open(JsonObject root, TableSyntaxBase syntax)
    {
        var path = Path(syntax.Name!);
        if (syntax is TableSyntax)
            return Descend(root, path, syntax);
        var parent = Descend(root, path[..^1], syntax);
        parent.TryAdd(path[^1], new JsonArray());
        if (parent[path[^1]] is not JsonArray tables)
            throw Wrong(Line(syntax.Span), $"'{path[^1]}' is set twice");
        var table = new JsonObject();
        tables.Add((JsonNode)table);
        return table;
    }

    /// <summary>An array of tables stands for its last one: <c>[[registry.mirror]]</c> belongs to the registry above it.</summary>
    private static JsonObject Descend(JsonObject table, IEnumerable<string> path, SyntaxNode at)
    {
        foreach (var name in path)
        {
            table.TryAdd(name, new JsonObject());
            table = table[name] switch
            {
                JsonObject next => next,
                JsonArray { Count: > 0 } array when array[^1] is JsonObject last => last,
                _ => throw Wrong(Line(at.Span), $"'{name}' is not a table"),
            };
        }
        return table;
    }

    private static string[] Path(KeySyntax key) => [Name(key.Key!), .. key.DotKeys.Select(dotted => Name(dotted.Key!))];

    private static string Name(BareKeyOrStringValueSyntax key) =>
        key is StringValueSyntax text ? text.Value! : ((BareKeySyntax)key).Key!.Text!;

    private static JsonNode Value(ValueSyntax value)
    {
        switch (value)
        {
            case StringValueSyntax text: return text.Value!;
            case BooleanValueSyntax flag: return flag.Value;
            case IntegerValueSyntax number: return (double)number.Value;
            case FloatValueSyntax number: return number.Value;
            case ArraySyntax array: return new JsonArray([.. array.Items.Select(item => Value(item.Value!))]);
            case InlineTableSyntax inline:
                var table = new JsonObject();
                Add(table, inline.Items.Select(item => item.KeyValue!));
                return table;
            default: return value.ToString();
        }
    }

    private static int Line(SourceSpan span) => span.Start.Line + 1;

    /// <summary>The package's messages are sentences. Here they are parts of one.</summary>
    private static string Tidy(string message) => char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('\n', '.');

    private static FormatException Wrong(int line, string what) => new($"line {line}: {what}");
}
