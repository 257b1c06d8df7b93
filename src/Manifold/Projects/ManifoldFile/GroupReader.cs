using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads <c>groups</c>; members are images, families of a matrix, and other groups, which are followed to their images.</summary>
internal sealed class GroupReader(ValueReader values, ImmutableArray<NamedImage> images)
{
    private readonly ImmutableArray<IGrouping<string, NamedImage>> families =
        [.. images.Where(image => image.Name != image.Family).GroupBy(image => image.Family)];
    private readonly Dictionary<string, ImmutableArray<Located>> written = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImmutableArray<string>> resolved = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = [.. images.Select(image => image.Name)];

    /// <returns>The groups of the file, and one of each matrix's family.</returns>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Read(YamlNode? node)
    {
        if (node is not null and not YamlScalar { IsNull: true } && values.Map(node, "groups", out var map))
            foreach (var (key, value) in map.Entries)
            {
                if (names.Contains(key.Text) || families.Any(family => family.Key == key.Text))
                    values.Faults.Add(key.Place, $"the group '{key.Text}' has the same name as an image.");
                written[key.Text] = values.Texts(value, $"group '{key.Text}'");
            }
        var groups = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var family in families)
            groups[family.Key] = [.. family.Select(image => image.Name)];
        foreach (var name in written.Keys)
            groups[name] = Members(name, [name]);
        return groups.ToImmutable();
    }

    private ImmutableArray<string> Members(string group, ImmutableArray<string> path)
    {
        if (!resolved.TryGetValue(group, out var members))
            resolved[group] = members = [.. written[group].SelectMany(member => Members(group, member, path)).Distinct()];
        return members;
    }

    private ImmutableArray<string> Members(string group, Located member, ImmutableArray<string> path)
    {
        if (names.Contains(member.Text))
            return [member.Text];
        if (families.FirstOrDefault(family => family.Key == member.Text) is { } family)
            return [.. family.Select(image => image.Name)];
        if (path.Contains(member.Text))
            values.Faults.Add(member.Place, $"these groups contain each other: {string.Join(" → ", path.Append(member.Text))}.");
        else if (written.ContainsKey(member.Text))
            return Members(member.Text, path.Add(member.Text));
        else
            values.Faults.Add(member.Place, $"the group '{group}' contains '{member.Text}', which is not an image or a group.",
                Suggestion.For(member.Text, names.Concat(written.Keys)));
        return [];
    }
}
