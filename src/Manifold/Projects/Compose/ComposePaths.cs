using Manifold.Fetching;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Makes the paths of a compose file absolute that another one names: its own start from its own folder.</summary>
/// <remarks>A Dockerfile's path starts from its context, and stays. Source: compose-go, package paths.</remarks>
internal sealed class ComposePaths(string folder)
{
    public YamlMap File(YamlMap file)
    {
        file = In(file, "services", (_, service) => service is YamlMap map ? Service(map) : service);
        return In(file, "secrets", (_, secret) => In(secret, "file", Path));
    }

    private YamlMap Service(YamlMap service)
    {
        service = In(service, "build", build => build is YamlScalar ? Context(build) : InBuild(build));
        service = In(service, "extends", extends => In(extends, "file", Path));
        return In(service, "env_file", files =>
            files is YamlList list ? list with { Items = [.. list.Items.Select(EnvironmentFile)] } : Path(files));
    }

    private YamlNode InBuild(YamlNode build)
    {
        build = In(build, "context", Context);
        build = In(build, "ssh", agents => InTable(agents, Path));
        return In(build, "additional_contexts", contexts => InTable(contexts, Context));
    }

    private static YamlMap InTable(YamlNode node, Func<YamlNode, YamlNode> change)
    {
        var table = ComposeMerge.Table(node);
        return table with { Entries = [.. table.Entries.Select(each => each with { Value = change(each.Value) })] };
    }

    private YamlNode EnvironmentFile(YamlNode file) => file is YamlScalar ? Path(file) : In(file, "path", Path);

    private YamlNode Path(YamlNode node) => node is YamlScalar { IsNull: false, Text.Length: > 0 } path && path.Text[0] != '~'
        ? path with { Text = System.IO.Path.GetFullPath(path.Text, folder), IsPlain = false } : node;

    private YamlNode Context(YamlNode node) => node is YamlScalar scalar && (scalar.Text.Contains("://", StringComparison.Ordinal)
        || scalar.Text.StartsWith("service:", StringComparison.Ordinal) || ContextFetcher.IsRemote(scalar.Text)) ? node : Path(node);

    private static YamlMap In(YamlMap map, string key, Func<YamlNode, YamlNode> change) =>
        map with
        {
            Entries = [.. map.Entries.Select(entry => entry.Key.Text == key
                ? entry with { Value = change(entry.Value) with { Merge = entry.Value.Merge } }
                : entry)],
        };

    private static YamlNode In(YamlNode node, string key, Func<YamlNode, YamlNode> change) =>
        node is YamlMap map ? In(map, key, change) : node;

    private static YamlMap In(YamlMap map, string key, Func<string, YamlNode, YamlNode> change) =>
        In(map, key, node => node is YamlMap named
            ? named with { Entries = [.. named.Entries.Select(entry => entry with { Value = change(entry.Key.Text, entry.Value) })] }
            : node);
}
