using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Manifold.Dockerfile;

/// <summary>The JSON form of arguments, e.g. <c>["cp", "a b", "/"]</c>.</summary>
internal static class JsonArray
{
    public enum Form { NotJson, NotStrings, Strings }

    /// <summary>
    /// Text that is not a JSON array as a whole is the shell form;
    /// an array of anything but strings is an error everywhere.
    /// </summary>
    /// <remarks>
    /// Text after the array makes it the shell form: <c>[ "$X" ] &amp;&amp; make</c> is a test of the shell.
    /// Source: BuildKit's parser since Dockerfile 1.10.
    /// </remarks>
    public static Form Read(string text, out ImmutableArray<string> items)
    {
        items = [];
        if (!text.AsSpan().TrimStart().StartsWith("["))
            return Form.NotJson;
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
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
