using System.Collections.Immutable;

namespace Manifold.Projects.Yaml;

/// <summary>Values of RUNs that manifold.yaml and compose files write in the same two ways.</summary>
internal static class RunValues
{
    /// <summary>A map of names to addresses, or a list of <c>HOST:IP</c> or <c>HOST=IP</c>.</summary>
    public static ImmutableArray<Located> Hosts(ValueReader values, YamlNode value, string key) =>
        value is not YamlMap map ? values.Texts(value, key)
            : [.. map.Entries.SelectMany(
                entry => values.Texts(entry.Value, key).Select(address => address with { Text = $"{entry.Key.Text}={address.Text}" }))];

    /// <summary>A map of limits to a number or to soft and hard, or a list of <c>TYPE=SOFT[:HARD]</c>.</summary>
    public static ImmutableArray<Located> Limits(ValueReader values, YamlNode value, string key) =>
        value is YamlMap map ? [.. map.Entries.Select(entry => Limit(values, entry)).OfType<Located>()] : values.Texts(value, key);

    private static Located? Limit(ValueReader values, YamlEntry entry)
    {
        if (entry.Value is not YamlMap map)
            return values.Text(entry.Value, $"the limit '{entry.Key.Text}'") is { } number
                ? number with { Text = $"{entry.Key.Text}={number.Text}" }
                : null;
        foreach (var (key, _) in map.Entries.Where(each => each.Key.Text is not ("soft" or "hard")))
            values.Refuse(key, $"the limit '{entry.Key.Text}'", ["soft", "hard"]);
        return map.Find("soft")?.Value is YamlScalar { IsNull: false } soft && map.Find("hard")?.Value is YamlScalar { IsNull: false } hard
            ? new Located($"{entry.Key.Text}={soft.Text}:{hard.Text}", entry.Key.Place) : Incomplete();

        Located? Incomplete()
        {
            values.Wrong(map, $"the limit '{entry.Key.Text}'", "a number, or a map with soft and hard");
            return null;
        }
    }
}
