using System.Collections.Immutable;

namespace Manifold.Hcl.Json;

/// <summary>A JSON value that knows its place. A closed family.</summary>
/// <param name="Start">The offset of its first character in the text.</param>
public abstract record JsonValue(int Start, int Length);

/// <param name="IsPlain">True if written without escapes: character <c>i</c> of the value is at <c>Start + 1 + i</c>.</param>
public sealed record JsonString(string Value, bool IsPlain, int Start, int Length) : JsonValue(Start, Length);

/// <summary>A number as it is written.</summary>
public sealed record JsonNumber(string Value, int Start, int Length) : JsonValue(Start, Length);

/// <summary>true, false, and null.</summary>
public sealed record JsonLiteral(bool? Value, int Start, int Length) : JsonValue(Start, Length);

public sealed record JsonList(ImmutableArray<JsonValue> Items, int Start, int Length) : JsonValue(Start, Length);

/// <summary>Members in the order of the text. A name can be there more than once.</summary>
public sealed record JsonMap(ImmutableArray<JsonMember> Members, int Start, int Length) : JsonValue(Start, Length)
{
    /// <summary>The last member of that name, which is the one that most readers take.</summary>
    public JsonValue? this[string name] => Members.LastOrDefault(member => member.Name.Value == name)?.Value;
}

public sealed record JsonMember(JsonString Name, JsonValue Value);
