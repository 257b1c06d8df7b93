using System.Collections.Immutable;
using Manifold.Hcl;
using Manifold.Planning;

namespace Manifold.Projects.Targets;

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
    /// <summary><c>--set</c> says of it, or of one that it inherits from, that it is handed to docker or podman.</summary>
    public bool IsLoaded { get; init; }

    public BakeSetting? Find(string key) => Settings.GetValueOrDefault(key);

    public string? Text(string key) => Find(key) is { Items: [var only, ..] } ? only.Value : null;

    public bool Flag(string key) => Find(key)?.Flag ?? false;

    public ImmutableArray<BakeItem> Items(string key) => Find(key)?.Items ?? [];

    public ImmutableArray<string> Texts(string key) =>
        [.. Items(key).Select(item => item.Value).Where(value => value.Length > 0).Distinct()];

    public ImmutableSortedDictionary<string, string> Map(string key) =>
        Items(key).Aggregate(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
            (map, item) => map.SetItem(item.Name!, item.Value));

    /// <summary>This target with what another one says besides or instead.</summary>
    public BakeTarget Merge(BakeTarget other) =>
        other.Settings.Aggregate(this with { IsLoaded = IsLoaded || other.IsLoaded },
            (merged, setting) => merged.With(setting.Key, setting.Value));

    /// <summary>This target with a key's value instead of what it has.</summary>
    public BakeTarget Set(string key, ImmutableArray<BakeItem> items, HclSpan span) =>
        this with { Settings = Settings.SetItem(key, new BakeSetting(items, span)) };

    /// <summary>
    /// Lists without what is empty or said twice; of entries with the same name the last counts: an attestation's type, a secret's id.
    /// </summary>
    public BakeTarget Normalized()
    {
        var asking = Text("network") == "host" ? AskingForHostNetwork(Find("network")!.Span) : this;
        return this with
        {
            Settings = asking.Settings.ToImmutableSortedDictionary(
                each => each.Key,
                each => each.Value with { Items = Normalized(each.Key, each.Value.Items) },
                StringComparer.Ordinal),
        };
    }

    private BakeTarget AskingForHostNetwork(HclSpan span) =>
        Set("entitlements", Items("entitlements").Add(new BakeItem(null, RunSettings.HostNetwork, span)), span);

    private static ImmutableArray<BakeItem> Normalized(string key, ImmutableArray<BakeItem> items) =>
        (key, BakeKey.OfTargets[key].Kind) switch
        {
            ("contexts", _) => [.. items.Where(item => item.Value.Length > 0)],
            ("attest", _) => LastOfEach(items, item => FieldOf(item.Value, "type")),
            ("secret", _) => LastOfEach(items, item => FieldOf(item.Value, "id")),
            ("ssh", _) => LastOfEach(items, item => item.Value.Split('=')[0]),
            (_, BakeKind.Texts or BakeKind.Entries) => Distinct(items),
            _ => items,
        };

    private static ImmutableArray<BakeItem> Distinct(IEnumerable<BakeItem> items) =>
        [.. items.Where(item => item.Value.Length > 0).DistinctBy(item => item.Value)];

    /// <summary>At the place of the first.</summary>
    private static ImmutableArray<BakeItem> LastOfEach(ImmutableArray<BakeItem> items, Func<BakeItem, string> name) =>
        [.. items.Where(item => item.Value.Length > 0).GroupBy(name, StringComparer.Ordinal).Select(group => group.Last())];

    private static string FieldOf(string text, string key) =>
        text.Split(',').Select(field => field.Split('=', 2)).FirstOrDefault(pair => pair[0].Trim() == key && pair.Length == 2)?[1] ?? text;

    private BakeTarget With(string key, BakeSetting setting)
    {
        var (definition, before) = (BakeKey.OfTargets[key], Find(key));
        var value = (definition.Kind, before) switch
        {
            (BakeKind.Map, not null) => setting with
            {
                Items = [.. before.Items.Where(item => setting.Items.All(newer => newer.Name != item.Name)), .. setting.Items],
            },
            (_, not null)
                when definition.Inheritance == BakeInheritance.Appends => setting with { Items = before.Items.AddRange(setting.Items) },
            _ => setting,
        };
        return this with { Settings = Settings.SetItem(key, value) };
    }
}
