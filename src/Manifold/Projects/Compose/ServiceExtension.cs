using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Joins services with what they extend, in their own file or in another.</summary>
/// <param name="read">The services of a file, paths absolute; null where it cannot be had, which then is told.</param>
internal sealed class ServiceExtension(FileFaults faults, ComposeMerge merge, Func<YamlScalar, YamlMap?> read)
{
    /// <param name="services">Those of the same file.</param>
    /// <param name="file">That file, as it is named.</param>
    public YamlNode Apply(YamlEntry service, YamlMap services, string file) =>
        service.Value is YamlMap map ? Apply(map, services, [(file, service.Key.Text)]) : service.Value;

    private YamlMap Apply(YamlMap own, YamlMap services, ImmutableArray<(string File, string Service)> way)
    {
        if (own.Find("extends") is not { Value: not YamlScalar { IsNull: true } } extends)
            return own;
        own = own with { Entries = own.Entries.Remove(extends) };
        var name = extends.Value is YamlMap map ? map.Find("service")?.Value as YamlScalar : extends.Value as YamlScalar;
        if (name is null)
        {
            faults.Add(extends.Key.Place, "'extends' has no service.", "Expected a name or {service: NAME, file: FILE}.");
            return own;
        }
        var file = (extends.Value as YamlMap)?.Find("file")?.Value as YamlScalar;
        if ((file is null ? services : read(file)) is not { } others)
            return own;
        var next = (file?.Text ?? way[^1].File, name.Text);
        if (way.Contains(next))
            faults.Add(name.Place, $"'extends' forms a cycle: {string.Join(" → ", way.Append(next).Select(each => each.Item2))}.");
        else if (others.Find(name.Text)?.Value is not { } below)
            faults.Add(name.Place,
                $"no service is named '{name.Text}'{(file is null ? "" : $" in '{file.Text}'")}.",
                Suggestion.For(name.Text, others.Entries.Select(entry => entry.Key.Text)));
        else if (below is YamlMap found)
            return merge.Services(Apply(found, others, way.Add(next)), own);
        return own;
    }
}
