using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>The variables of a service's containers, which arguments without a value take theirs from.</summary>
/// <remarks>Source: compose-go, WithServicesEnvironmentResolved.</remarks>
internal sealed class ServiceEnvironment(FileFaults faults, ProjectPaths paths, ImmutableSortedDictionary<string, string> variables)
{
    /// <summary>What <c>environment</c> and the files of <c>env_file</c> say, the former over the latter.</summary>
    public ImmutableDictionary<string, string> Of(YamlMap service)
    {
        var own = service.Find("environment") is { Value: YamlMap or YamlList } table ? ComposeMerge.Table(table.Value).Entries : [];
        var said = own.Where(entry => entry.Value is YamlScalar)
            .Select(entry => KeyValuePair.Create(entry.Key.Text, entry.Value is YamlScalar { IsNull: false } value
                ? PlainScalar.Text(value)
                : variables.GetValueOrDefault(entry.Key.Text)))
            .Where(pair => pair.Value is not null).ToImmutableDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.Ordinal);
        var read = said.ToBuilder();
        foreach (var (file, mustBeThere) in Files(service))
            Add(read, file, mustBeThere, said);
        return read.ToImmutable().SetItems(said);
    }

    private void Add(
        ImmutableDictionary<string, string>.Builder read,
        YamlScalar file,
        bool mustBeThere,
        ImmutableDictionary<string, string> said)
    {
        var path = Path.GetFullPath(file.Text, paths.Folder);
        if (!File.Exists(path))
        {
            if (mustBeThere)
                faults.Add(file.Place, $"the env_file '{file.Text}' does not exist.",
                    "If the file is optional, write {path: FILE, required: false}.");
            return;
        }
        var own = faults.Of(ProjectText.Read(path, paths));
        foreach (var (name, value) in DotEnv.Variables(own, name => variables.GetValueOrDefault(name) ?? said.GetValueOrDefault(name)))
            read[name] = value;
    }

    private static IEnumerable<(YamlScalar File, bool MustBeThere)> Files(YamlMap service) =>
        from item in service.Find("env_file")?.Value switch
        {
            YamlList list => list.Items,
            YamlScalar { IsNull: false } only => [only],
            _ => ImmutableArray<YamlNode>.Empty,
        }
        let file = item as YamlScalar ?? (item as YamlMap)?.Find("path")?.Value as YamlScalar
        where file is { IsNull: false }
        select (file, (item as YamlMap)?.Find("required")?.Value is not YamlScalar { Text: "false" or "False" or "FALSE" });
}
