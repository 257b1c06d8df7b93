using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Reads the user's own configuration: <c>$XDG_CONFIG_HOME/manifold/config.yaml</c>, by default in <c>~/.config</c>.</summary>
/// <remarks>Source: XDG Base Directory Specification 0.8: a path that is not absolute is ignored.</remarks>
internal static class UserConfiguration
{
    /// <param name="workingFolder">The folder that paths in messages start from.</param>
    /// <returns>The nodes of the file; none if there is no file.</returns>
    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">The file cannot be read.</exception>
    public static ConfiguredNodes Read(ImmutableSortedDictionary<string, string> environment, string workingFolder)
    {
        if (Find(environment) is not { } path || !File.Exists(path))
            return ConfiguredNodes.None;
        var faults = new FileFaults(ProjectText.Read(path, new ProjectPaths(Path.GetDirectoryName(path)!, workingFolder)));
        var root = YamlComposer.Compose(faults);
        faults.ThrowIfAny();
        var values = new ValueReader(faults);
        var read = root is null or YamlScalar { IsNull: true } || !values.Map(root, "the configuration", out var map)
            ? ConfiguredNodes.None
            : Read(map, values);
        faults.ThrowIfAny();
        return read;
    }

    /// <summary>The path of the file, whether it exists or not; null if the user has no home.</summary>
    public static string? Find(ImmutableSortedDictionary<string, string> environment)
    {
        var folder = environment.GetValueOrDefault("XDG_CONFIG_HOME") is ['/', ..] given ? given
            : environment.GetValueOrDefault("HOME") is ['/', ..] home ? Path.Combine(home, ".config") : null;
        return folder is null ? null : Path.Combine(folder, "manifold", "config.yaml");
    }

    private static ConfiguredNodes Read(YamlMap map, ValueReader values)
    {
        foreach (var (key, _) in map.Entries.Where(entry => !Keys.Configuration.Contains(entry.Key.Text)))
            values.Refuse(key, "the configuration", Keys.Configuration);
        return new NodesReader(values).Read(map);
    }
}
