using System.Collections.Immutable;
using System.Text.Json;

namespace Manifold.Dockerfile;

/// <summary>Writes one tree: the document and its stages.</summary>
/// <remarks>Written by hand, because each kind of instruction has members of its own, and records would repeat the whole tree.</remarks>
internal sealed partial class TreeJson(Utf8JsonWriter json)
{
    public void Write(DockerfileTree tree)
    {
        json.WriteStartObject();
        json.WriteString("file", tree.FileName);
        json.WriteString("escape", tree.Escape.ToString());
        Array("directives", tree.Directives, Write);
        Array("globalArguments", tree.GlobalArguments, Write);
        json.WriteStartArray("stages");
        foreach (var stage in tree.Stages)
            Write(stage);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(ParserDirective directive)
    {
        json.WriteStartObject();
        json.WriteString("name", directive.Name);
        json.WriteString("value", directive.Value);
        json.WriteNumber("line", directive.Line);
        json.WriteEndObject();
    }

    private void Write(Stage stage)
    {
        json.WriteStartObject();
        json.WriteNumber("index", stage.Index);
        Text("name", stage.Name);
        Array("instructions", [stage.From, .. stage.Instructions], Write);
        json.WriteEndObject();
    }

    private void Write(Instruction instruction)
    {
        json.WriteStartObject();
        json.WriteString("instruction", instruction.Source.Keyword.ToUpperInvariant());
        json.WriteStartArray("lines");
        json.WriteNumberValue(instruction.Lines.First);
        json.WriteNumberValue(instruction.Lines.Last);
        json.WriteEndArray();
        json.WriteString("text", instruction.Source.Text);
        Array("flags", instruction.Source.Flags, Write);
        WriteArguments(instruction);
        json.WriteEndObject();
    }

    private void Write(InstructionFlag flag)
    {
        json.WriteStartObject();
        json.WriteString("name", flag.Name);
        Text("value", flag.Value);
        json.WriteEndObject();
    }

    private void Pair(string first, string key, string second, string? value)
    {
        json.WriteStartObject();
        json.WriteString(first, key);
        Text(second, value);
        json.WriteEndObject();
    }

    private void Array<T>(string name, ImmutableArray<T> items, Action<T> write)
    {
        if (items.IsEmpty)
            return;
        json.WriteStartArray(name);
        foreach (var item in items)
            write(item);
        json.WriteEndArray();
    }

    private void Strings(string name, ImmutableArray<string> items) => Array(name, items, json.WriteStringValue);

    private void Text(string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private void Flag(string name, bool value)
    {
        if (value)
            json.WriteBoolean(name, value);
    }

    private void Number(string name, long? value)
    {
        if (value is { } number and not 0)
            json.WriteNumber(name, number);
    }

    private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
