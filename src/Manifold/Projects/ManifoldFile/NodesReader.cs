using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads <c>nodes</c>, <c>on</c> and <c>emulation</c> of a project's file or of the user's configuration.</summary>
internal sealed partial class NodesReader(ValueReader values)
{
    private const int MostJobs = 10_000;

    public ConfiguredNodes Read(YamlMap map) => new()
    {
        Nodes = Find(map, "nodes") is { } nodes ? Nodes(nodes) : [],
        On = Find(map, "on") is { } on ? [.. values.Texts(on, "on").SelectMany(Split)] : null,
        Emulation = Find(map, "emulation") is { } emulation ? values.Flag(emulation, "emulation") : null,
        Source = values.Faults.Source,
    };

    private static YamlNode? Find(YamlMap map, string key) =>
        map.Find(key)?.Value is { } value and not YamlScalar { IsNull: true } ? value : null;

    private static IEnumerable<Located> Split(Located names) =>
        names.Text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(name => names with { Text = name });

    private ImmutableArray<NodeSettings> Nodes(YamlNode node) =>
        values.Map(node, "nodes", out var map) ? [.. map.Entries.Select(Node).OfType<NodeSettings>()] : [];

    private NodeSettings? Node(YamlEntry entry)
    {
        var name = entry.Key.Text;
        if (IsReserved(entry.Key))
            return null;
        if (!NamePattern().IsMatch(name))
        {
            values.Faults.Add(entry.Key.Place, $"'{name}' is not a valid name for a node.",
                "Names consist of letters, digits, '.', '_' and '-', and start with a letter or digit.");
            return null;
        }
        if (entry.Value is YamlScalar { IsNull: false } text)
            return Address(text.Text, text.Place) is { } only ? new NodeSettings(name, only) : null;
        return values.Map(entry.Value, $"node '{name}'", out var map) ? Node(name, map) : null;
    }

    private NodeSettings? Node(string name, YamlMap map)
    {
        foreach (var (key, _) in map.Entries.Where(entry => !Keys.Node.Contains(entry.Key.Text)))
            values.Refuse(key, $"node '{name}'", Keys.Node);
        if (Find(map, "address") is not { } address)
        {
            values.Faults.Add(map.Place, $"the node '{name}' has no address.",
                $"Example: {name}: {{address: \"ssh://builder@{name}\", jobs: 4}}");
            return null;
        }
        if (values.Text(address, "address") is not { } text || Address(text.Text, text.Place) is not { } read)
            return null;
        return new NodeSettings(name, read)
        {
            Jobs = Find(map, "jobs") is { } jobs ? Jobs(jobs) : null,
            Folder = Find(map, "folder") is { } folder ? Folder(folder) : null,
        };
    }

    private bool IsReserved(YamlScalar name)
    {
        if (name.Text == ConfiguredNodes.Local)
        {
            values.Faults.Add(name.Place, "a node cannot be called 'local', because 'local' is this machine.", "Choose another name.");
            return true;
        }
        if (ClusterNodes.Find(name.Text) is not { } cluster)
            return false;
        values.Faults.Add(name.Place, $"a node cannot be called '{name.Text}', because '{cluster}' is reserved for clusters.",
            "Choose another name.");
        return true;
    }

    private string? Address(string text, Dockerfile.Place place)
    {
        if (NodeAddress.TryParse(text, out var address))
            return address.ToString();
        var (message, hint) = ClusterNodes.Find(text) is { } cluster ? ClusterNodes.Explain(cluster) : NodeAddress.Explain(text);
        values.Faults.Add(place, message, hint);
        return null;
    }

    private int? Jobs(YamlNode node)
    {
        if (int.TryParse((node as YamlScalar)?.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var jobs)
            && jobs is > 0 and <= MostJobs)
            return jobs;
        values.Wrong(node, "jobs", $"a number from 1 to {MostJobs}");
        return null;
    }

    private string? Folder(YamlNode node)
    {
        var folder = values.Text(node, "folder")?.Text;
        if (folder is null || FolderPattern().IsMatch(folder))
            return folder;
        values.Wrong(node, "folder", "an absolute path, such as /srv/manifold");
        return null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]
    private static partial Regex NamePattern();

    // A line of a shell or of a protocol may quote it there.
    [GeneratedRegex(@"\A/[^\p{C}]*\z")]
    private static partial Regex FolderPattern();
}
