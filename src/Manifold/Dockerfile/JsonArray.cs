using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Manifold.Dockerfile;

/// <summary>The JSON form of arguments, e.g. <c>["cp", "a b", "/"]</c>.</summary>
internal static class JsonArray
{
    public enum Form { NotJson, NotStrings, Strings }

    /// <summary>What is no JSON array at all is the shell form; an array of anything but strings is an error everywhere.</summary>
    /// <remarks>What follows the array is passed by, as BuildKit does.</remarks>
    public static Form Read(string text, out ImmutableArray<string> items)
    {
        items = [];
        if (!text.AsSpan().TrimStart().StartsWith("["))
            return Form.NotJson;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            using var document = JsonDocument.ParseValue(ref reader);
            var all = document.RootElement.EnumerateArray().ToArray();
            if (all.Any(item => item.ValueKind != JsonValueKind.String))
                return Form.NotStrings;
            items = [.. all.Select(item => item.GetString()!)];
            return Form.Strings;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Form.NotJson; // not JSON; or half a surrogate pair in an escape, which has no meaning as text
        }
    }
}
