using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Bake.Hcl;

namespace Manifold.Projects.Bake;

/// <summary>One <c>--set</c> for one target.</summary>
/// <param name="Adds">Written <c>+=</c>.</param>
internal sealed record BakeOverride(string Target, string Key, bool Adds, BakeItem Item)
{
    // Bake calls some keys otherwise here than in its files.
    private static readonly ImmutableDictionary<string, string> Aliases = ImmutableDictionary<string, string>.Empty.Add("platform", "platforms").Add("secrets", "secret");

    /// <summary>Reads <c>[PATTERN.]KEY[.NAME][+]=VALUE</c>; without a pattern it is for all targets.</summary>
    /// <exception cref="UsageException">It is not of that form, or names nothing.</exception>
    public static ImmutableArray<BakeOverride> Read(ReadingOptions options, IReadOnlyCollection<string> targets) =>
        [.. options.Overrides.SelectMany(text => Read(text, options, targets))];

    /// <summary>A key's first override replaces what the file says, unless it adds; further ones of the same key join it.</summary>
    public static BakeTarget Apply(BakeTarget target, IEnumerable<BakeOverride> overrides)
    {
        var settings = target.Settings;
        foreach (var group in overrides.GroupBy(each => each.Key))
        {
            var (definition, items) = (BakeKey.OfTargets[group.Key], group.Select(each => each.Item).ToImmutableArray());
            var before = target.Items(group.Key);
            settings = settings.SetItem(group.Key, new BakeSetting(definition.Kind switch
            {
                BakeKind.Map => [.. before.Where(item => items.All(newer => newer.Name != item.Name)), .. items],
                BakeKind.Texts or BakeKind.Entries => group.Any(each => each.Adds) || group.Key is "annotations" or "attest" or "entitlements" ? before.AddRange(items) : items,
                _ => [items[^1]],
            }, default));
        }
        return target with { Settings = settings };
    }

    private static IEnumerable<BakeOverride> Read(string text, ReadingOptions options, IReadOnlyCollection<string> targets)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var adds = equals > 0 && text[equals - 1] == '+';
        var path = (equals < 0 ? text : text[..(adds ? equals - 1 : equals)]).Split('.', 2);
        var (pattern, rest) = path.Length == 1 || (IsKey(path[0]) && !targets.Contains(path[0])) ? ("*", string.Join('.', path)) : (path[0], path[1]);
        var (key, name) = rest.Split('.', 2) is [var first, var second] ? (first, second) : (rest, null);
        key = Aliases.GetValueOrDefault(key, key);
        if (!IsKey(key) || key == "inherits")
            throw new UsageException($"--set {text}: a target has no key '{key}' that can be set. {Suggestion.For(key, BakeKey.OfTargets.Keys) ?? "Expected [TARGET.]KEY[.NAME]=VALUE."}");
        var definition = BakeKey.OfTargets[key];
        if ((definition.Kind == BakeKind.Map) != (name is not null))
            throw new UsageException($"--set {text}: {(name is null ? $"'{key}' has names: expected {key}.NAME=VALUE" : $"'{key}' has no names: expected {key}=VALUE")}.");
        var value = equals >= 0 ? text[(equals + 1)..] : options.Environment.GetValueOrDefault(name ?? "");
        if (equals < 0 && key != "args")
            throw new UsageException($"--set {text}: it has no value. Expected [TARGET.]KEY[.NAME]=VALUE.");
        if (definition.Kind == BakeKind.Flag && value is not ("true" or "false"))
            throw new UsageException($"--set {text}: '{key}' is true or false.");
        var matching = targets.Where(target => Wildcard.TryParsePath(pattern, deep: false, out var wildcard) ? wildcard.Matches(target) : target == pattern).ToList();
        if (matching.Count == 0)
            throw new UsageException($"--set {text}: no target matches '{pattern}'. {Suggestion.For(pattern, targets) ?? $"There are: {string.Join(", ", targets)}."}");
        return value is null ? [] : matching.Select(target => new BakeOverride(target, key, adds, new BakeItem(name, value, default)));
    }

    private static bool IsKey(string word) => BakeKey.OfTargets.ContainsKey(word) || Aliases.ContainsKey(word);
}
