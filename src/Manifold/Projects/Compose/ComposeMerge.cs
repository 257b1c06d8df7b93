using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>
/// Joins pieces of compose files as compose does: maps by key, lists one after the other, and what has two forms in one of them.
/// </summary>
/// <remarks>
/// <c>!override</c> takes the place of what it stands over, <c>!reset</c> removes it. Only what says how images are built is joined; of the
/// rest the upper piece counts.
/// Source: compose-go, package override.
/// </remarks>
internal sealed class ComposeMerge(FileFaults faults)
{
    /// <summary>The keys of a service that say what is built, or with what.</summary>
    public static readonly ImmutableArray<string> Building = ["build", "image", "platform", "extends", "environment", "env_file"];

    // Maps, or lists of KEY=VALUE.
    private static readonly string[] Tables = ["environment", "build.args", "build.labels", "build.additional_contexts", "build.ssh"];

    // Lists, or a map or text that stands for one.
    private static readonly string[] Lists = ["env_file", "build.extra_hosts"];

    /// <summary>Whole files: services and secrets by their names.</summary>
    public YamlMap Files(YamlMap below, YamlMap own) => Maps(below, own, (key, first, second) => key switch
    {
        "services" => Named(key, first, second, (_, a, b) => a is YamlMap x && b is YamlMap y ? Services(x, y) : b),
        "secrets" => Named(key, first, second, (name, a, b) => Joined($"secrets.{name}", a, b)),
        _ => second,
    });

    public YamlMap Services(YamlMap below, YamlMap own) =>
        Maps(below, own, (key, first, second) => Building.Contains(key) ? Joined(key, first, second) : second);

    /// <summary>What is written for an absent base: nothing is left of <c>!reset</c>.</summary>
    public static YamlNode Cleaned(YamlNode node) => node switch
    {
        YamlMap map => map with
        {
            Entries = [.. map.Entries
                .Where(entry => entry.Value.Merge != YamlMerge.Remove)
                .Select(entry => entry with { Value = Cleaned(entry.Value) })],
        },
        YamlList list => list with { Items = [.. list.Items.Where(item => item.Merge != YamlMerge.Remove).Select(Cleaned)] },
        _ => node,
    };

    /// <summary>A list of <c>KEY=VALUE</c> as the map that it stands for; a map as it is.</summary>
    public static YamlMap Table(YamlNode node) => node as YamlMap ?? new YamlMap([.. node is YamlList list ? Pairs(list) : []], node.Place);

    private YamlNode Named(string key, YamlNode first, YamlNode second, Func<string, YamlNode, YamlNode, YamlNode> join) =>
        first is YamlMap below && second is YamlMap own ? Maps(below, own, join)
        : second is YamlScalar { IsNull: true } ? first
        : Differ(key, second);

    private static YamlMap Maps(YamlMap below, YamlMap own, Func<string, YamlNode, YamlNode, YamlNode> join) => own with
    {
        Entries =
        [
            .. below.Entries.Where(entry => own.Find(entry.Key.Text) is null),
            .. own.Entries.Where(entry => entry.Value.Merge != YamlMerge.Remove).Select(entry =>
                entry.Value.Merge == YamlMerge.Join && below.Find(entry.Key.Text) is { } other
                    ? entry with { Value = join(entry.Key.Text, other.Value, entry.Value) }
                    : entry),
        ],
    };

    private YamlNode Joined(string path, YamlNode below, YamlNode own)
    {
        if (own is YamlScalar { IsNull: true })
            return below;
        if (below is YamlScalar { IsNull: true })
            return own;
        if (path == "build")
            return Maps(Build(below), Build(own), (key, first, second) => Joined($"build.{key}", first, second));
        if (Tables.Contains(path))
            return Maps(Table(below), Table(own), (_, _, second) => second);
        if (Lists.Contains(path))
            return new YamlList([.. Items(below), .. Items(own)], own.Place);
        return (below, own) switch
        {
            (YamlMap first, YamlMap second) => Maps(first, second, (key, a, b) => Joined($"{path}.{key}", a, b)),
            (YamlList first, YamlList second) => second with { Items = [.. first.Items, .. second.Items] },
            (YamlScalar, _) => own,
            _ => Differ(path, own),
        };
    }

    private YamlNode Differ(string path, YamlNode own)
    {
        faults.Add(own.Place, $"'{path}' is {own.Kind}, but the value that it extends or overrides has another type.",
            "Write both as maps, or both as lists.");
        return own;
    }

    /// <summary><c>build: FOLDER</c> is <c>build: {context: FOLDER}</c>.</summary>
    public static YamlMap Build(YamlNode node) => node as YamlMap ?? new YamlMap(
        node is YamlScalar { IsNull: false } folder ? [new YamlEntry(new YamlScalar("context", true, folder.Place), folder)] : [],
        node.Place);

    private static IEnumerable<YamlNode> Items(YamlNode node) => node switch
    {
        YamlList list => list.Items,
        YamlMap map => map.Entries.SelectMany(entry => (entry.Value is YamlList several ? several.Items : [entry.Value])
            .OfType<YamlScalar>()
            .Select(value => value with { Text = $"{entry.Key.Text}={value.Text}", IsPlain = false, Place = entry.Key.Place })),
        _ => [node],
    };

    private static IEnumerable<YamlEntry> Pairs(YamlList list) =>
        from item in list.Items.OfType<YamlScalar>()
        let parts = item.Text.Split('=', 2)
        let name = new YamlScalar(parts[0], false, item.Place)
        select new YamlEntry(name, new YamlScalar(parts.Length > 1 ? parts[1] : "", parts.Length == 1, item.Place));
}
