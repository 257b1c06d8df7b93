using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>A text and where it stands.</summary>
internal sealed record Located(string Text, Place Place);

/// <summary>A name and its value. Null means that none was given.</summary>
internal sealed record Setting(string Key, string? Value, Place Place);

/// <summary>Reads values of the usual shapes; what has another shape is a fault, and read as absent.</summary>
internal sealed class ValueReader(FileFaults faults)
{
    public FileFaults Faults => faults;

    public Located? Text(YamlNode node, string what)
    {
        if (node is YamlScalar { IsNull: false } scalar)
            return new Located(scalar.Text, scalar.Place);
        Wrong(node, what, "a string");
        return null;
    }

    public bool? Flag(YamlNode node, string what)
    {
        switch ((node as YamlScalar)?.Text.ToLowerInvariant())
        {
            case "true" or "yes" or "on":
                return true;
            case "false" or "no" or "off":
                return false;
            default:
                Wrong(node, what, "true or false");
                return null;
        }
    }

    /// <summary>A text, or a list of texts.</summary>
    public ImmutableArray<Located> Texts(YamlNode node, string what) =>
        node is YamlList list ? [.. list.Items.Select(item => Text(item, "an entry of " + Quoted(what))).OfType<Located>()]
        : node is YamlScalar { IsNull: false } scalar ? [new Located(scalar.Text, scalar.Place)]
        : Wrong<Located>(node, what, "a string or a list of strings");

    /// <summary>A map, or a list of <c>KEY=VALUE</c>.</summary>
    public ImmutableArray<Setting> Pairs(YamlNode node, string what) => node switch
    {
        YamlMap map => [.. map.Entries.Select(entry => Pair(entry, what)).OfType<Setting>()],
        YamlList => [.. Texts(node, what).Select(Pair)],
        _ => Wrong<Setting>(node, what, "a map, or a list of KEY=VALUE"),
    };

    public bool Map(YamlNode node, string what, [NotNullWhen(true)] out YamlMap? map)
    {
        map = node as YamlMap;
        if (map is null)
            Wrong(node, what, "a map");
        return map is not null;
    }

    /// <summary>Refuses keys that are not known; those that begin with <c>x-</c> are free.</summary>
    public void Refuse(YamlScalar key, string where, IEnumerable<string> known)
    {
        if (key.Text.StartsWith("x-", StringComparison.Ordinal))
            return;
        var names = known.ToList();
        var hint = Suggestion.For(key.Text, names) ?? $"Valid keys: {string.Join(", ", names)}.";
        faults.Add(key.Place, $"{Quoted(where)} has no key '{key.Text}'.", hint);
    }

    public void Wrong(YamlNode node, string what, string expected) =>
        faults.Add(node.Place, node is YamlScalar { IsNull: false } scalar
            ? $"{Quoted(what)} is '{scalar.Text}'. Expected {expected}." : $"{Quoted(what)} is {node.Kind}. Expected {expected}.");

    // A bare key, unlike "image 'api'" or "a secret".
    private static string Quoted(string what) => what.Contains(' ', StringComparison.Ordinal) ? what : $"'{what}'";

    private ImmutableArray<T> Wrong<T>(YamlNode node, string what, string expected)
    {
        Wrong(node, what, expected);
        return [];
    }

    private Setting? Pair(YamlEntry entry, string what)
    {
        if (entry.Value is YamlScalar scalar)
            return new Setting(entry.Key.Text, scalar.IsNull ? null : scalar.Text, entry.Key.Place);
        Wrong(entry.Value, $"'{entry.Key.Text}' of {Quoted(what)}", "a string");
        return null;
    }

    private static Setting Pair(Located text)
    {
        var equals = text.Text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? new Setting(text.Text, null, text.Place)
            : new Setting(text.Text[..equals], text.Text[(equals + 1)..], text.Place);
    }
}
