using System.Collections.Immutable;

namespace Manifold.Projects.Json;

/// <summary>A value of a JSON file, which knows where it stands. A closed family.</summary>
/// <param name="Start">Offset in the file.</param>
internal abstract record JsonValue(int Start, int Length);

/// <param name="IsPlain">Written without escapes: character <c>i</c> of the value stands at <c>Start + 1 + i</c>.</param>
internal sealed record JsonString(string Value, bool IsPlain, int Start, int Length) : JsonValue(Start, Length);

/// <summary>A number as it was written.</summary>
internal sealed record JsonNumber(string Value, int Start, int Length) : JsonValue(Start, Length);

/// <summary>true, false, and null.</summary>
internal sealed record JsonLiteral(bool? Value, int Start, int Length) : JsonValue(Start, Length);

internal sealed record JsonList(ImmutableArray<JsonValue> Items, int Start, int Length) : JsonValue(Start, Length);

/// <summary>Members in the order of the file; a name may be there more than once.</summary>
internal sealed record JsonMap(ImmutableArray<JsonMember> Members, int Start, int Length) : JsonValue(Start, Length)
{
    /// <summary>The last of that name, as every reader has it.</summary>
    public JsonValue? this[string name] => Members.LastOrDefault(member => member.Name.Value == name)?.Value;
}

internal sealed record JsonMember(JsonString Name, JsonValue Value);
