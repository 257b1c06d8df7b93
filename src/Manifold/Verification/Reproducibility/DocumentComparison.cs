using System.Text.Json.Nodes;

namespace Manifold.Verification.Reproducibility;

/// <summary>Compares two JSON documents of an image, value by value. Pure.</summary>
internal static class DocumentComparison
{
    /// <summary>The values that differ, by their path in the document.</summary>
    /// <param name="told">Paths that are told elsewhere, by how they begin: what layers make of a document is told with the layers.</param>
    public static IEnumerable<(string Path, string? First, string? Second, LikelyCause Cause)> Compare(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, params string[] told)
    {
        var (a, b) = (Leaves(JsonNode.Parse(first), "").ToDictionary(StringComparer.Ordinal),
            Leaves(JsonNode.Parse(second), "").ToDictionary(StringComparer.Ordinal));
        return a.Keys.Union(b.Keys).Where(path =>
            a.GetValueOrDefault(path) != b.GetValueOrDefault(path) && !told.Any(begin => path.StartsWith(begin, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)
            .Select(path => (path, a.GetValueOrDefault(path), b.GetValueOrDefault(path), LikelyCauses.Argument));
    }

    private static IEnumerable<KeyValuePair<string, string>> Leaves(JsonNode? node, string path) => node switch
    {
        JsonObject map => map.SelectMany(entry => Leaves(entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}")),
        JsonArray list => list.SelectMany((item, i) => Leaves(item, $"{path}[{i}]")),
        _ => [KeyValuePair.Create(path, node?.ToString() ?? "null")],
    };
}
