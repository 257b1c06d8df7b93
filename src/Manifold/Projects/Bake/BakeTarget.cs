using System.Collections.Immutable;
using Manifold.Projects.Bake.Hcl;

namespace Manifold.Projects.Bake;

/// <summary>One text of a key's value, and where it stands; in a map it has a name.</summary>
internal readonly record struct BakeItem(string? Name, string Value, HclSpan Span);

/// <summary>The value of a key.</summary>
internal sealed record BakeSetting(ImmutableArray<BakeItem> Items, HclSpan Span)
{
    public string Text => Items[0].Value;

    public bool Flag => Text == "true";
}

/// <summary>A target: its keys' values, evaluated.</summary>
internal sealed record BakeTarget(string Name, HclSpan Span, ImmutableSortedDictionary<string, BakeSetting> Settings)
{
    public BakeSetting? Find(string key) => Settings.GetValueOrDefault(key);

    public string? Text(string key) => Find(key) is { Items: [var only, ..] } ? only.Value : null;

    public bool Flag(string key) => Find(key)?.Flag ?? false;

    public ImmutableArray<BakeItem> Items(string key) => Find(key)?.Items ?? [];

    public ImmutableArray<string> Texts(string key) => [.. Items(key).Select(item => item.Value).Where(value => value.Length > 0).Distinct()];

    public ImmutableSortedDictionary<string, string> Map(string key) =>
        Items(key).Aggregate(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal), (map, item) => map.SetItem(item.Name!, item.Value));

    /// <summary>This target with what another one says besides or instead.</summary>
    public BakeTarget Merge(BakeTarget other) => other.Settings.Aggregate(this, (merged, setting) => merged.With(setting.Key, setting.Value));

    private BakeTarget With(string key, BakeSetting setting)
    {
        var (definition, before) = (BakeKey.OfTargets[key], Find(key));
        var value = (definition.Kind, before) switch
        {
            (BakeKind.Map, not null) => setting with { Items = [.. before.Items.Where(item => setting.Items.All(newer => newer.Name != item.Name)), .. setting.Items] },
            (_, not null) when definition.Inheritance == BakeInheritance.Appends => setting with { Items = before.Items.AddRange(setting.Items) },
            _ => setting,
        };
        return this with { Settings = Settings.SetItem(key, value) };
    }
}
