using System.Collections.Immutable;
using Manifold.Hcl;
using Manifold.Projects.Targets;

namespace Manifold.Projects.Bake;

/// <summary>The keys of a target; what is empty is left out.</summary>
internal sealed class TargetKeys
{
    private readonly ImmutableSortedDictionary<string, BakeSetting>.Builder settings =
        ImmutableSortedDictionary.CreateBuilder<string, BakeSetting>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, BakeSetting> Settings => settings.ToImmutable();

    public void Text(string key, string? value)
    {
        if (value is not null)
            Add(key, [(null, value)]);
    }

    public void Flag(string key, bool value)
    {
        if (value)
            Add(key, [(null, "true")]);
    }

    public void List(string key, IEnumerable<string> values) => Add(key, values.Select(value => ((string?)null, value)));

    public void Map(string key, ImmutableSortedDictionary<string, string> values) =>
        Add(key, values.Select(each => ((string?)each.Key, each.Value)));

    private void Add(string key, IEnumerable<(string? Name, string Value)> items)
    {
        ImmutableArray<BakeItem> all = [.. items.Select(item => new BakeItem(item.Name, item.Value, default(HclSpan)))];
        if (!all.IsEmpty)
            settings[key] = new BakeSetting(all, default);
    }
}
