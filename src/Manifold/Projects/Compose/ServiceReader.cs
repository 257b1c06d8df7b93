using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads the services that are built; what they extend is joined as compose does it: maps by key, lists one after the other.</summary>
internal sealed class ServiceReader(YamlMap root, Interpolation environment, ValueReader values)
{
    // Of a service's keys only these say what is built.
    private static readonly string[] Building = ["build", "image", "platform", "extends"];

    private readonly YamlMap services = root.Find("services")?.Value as YamlMap ?? new YamlMap([], root.Place);
    private readonly BuildReader builds = new(root, environment, values);

    public ImmutableArray<NamedImage> Read() => [.. services.Entries.Select(Read).OfType<NamedImage>()];

    private NamedImage? Read(YamlEntry entry)
    {
        var (key, value) = entry;
        if (key.Text.StartsWith("x-", StringComparison.Ordinal) || value is YamlScalar { IsNull: true } || !values.Map(value, $"service '{key.Text}'", out var map))
            return null;
        foreach (var (other, _) in map.Entries.Where(each => !Building.Contains(each.Key.Text)))
            if (Suggestion.For(other.Text, Building) is { } hint)
                values.Faults.Warn(other.Place, $"service '{key.Text}' has '{other.Text}', which is not looked at. {hint}");
        var service = Extended(map, [key.Text]);
        if (service.Find("build") is not { Value: not YamlScalar { IsNull: true } } build)
            return null;
        var settings = builds.Read(key.Text, build.Value, ImageOf);
        if (service.Find("image") is { Value: YamlScalar { IsNull: false } image } && settings.Tags is null or { IsEmpty: true })
            settings = settings with { Tags = [new Located(image.Text, image.Place)] };
        if (service.Find("platform") is { Value: YamlScalar { IsNull: false } platform } && settings.Platforms is null)
            settings = settings with { Platforms = builds.Platforms([new Located(platform.Text, platform.Place)], platform.Place) };
        return new NamedImage(key.Text, key.Text, settings, key.Place);
    }

    /// <summary>The image of a service that is not built, by which <c>service:NAME</c> then is meant.</summary>
    private string? ImageOf(string service) =>
        services.Find(service)?.Value is YamlMap map && Extended(map, [service]) is var whole && whole.Find("build") is null
            && whole.Find("image")?.Value is YamlScalar image && ImageReference.TryParse(image.Text, out _) ? image.Text : null;

    /// <summary>What is said about the building of a service, variables replaced, with what it extends.</summary>
    private YamlMap Extended(YamlMap service, ImmutableArray<string> path)
    {
        var own = environment.Apply(service with { Entries = [.. service.Entries.Where(entry => Building.Contains(entry.Key.Text)).Select(WithoutShortForm)] });
        if (own.Find("extends") is not { } extends)
            return own;
        var name = extends.Value is YamlMap map ? map.Find("service")?.Value as YamlScalar : extends.Value as YamlScalar;
        if (extends.Value is YamlMap elsewhere && elsewhere.Find("file") is { } file)
            values.Faults.Add(file.Key.Place, "extends of another file is not supported yet.", "Print the whole with: docker compose config");
        else if (name is null)
            values.Faults.Add(extends.Key.Place, "extends says no service.");
        else if (path.Contains(name.Text))
            values.Faults.Add(name.Place, $"extends goes in a circle: {string.Join(" → ", path.Append(name.Text))}.");
        else if (services.Find(name.Text)?.Value is YamlMap below)
            return Joined(Extended(below, path.Add(name.Text)), own);
        else
            values.Faults.Add(name.Place, $"there is no service '{name.Text}'.", Suggestion.For(name.Text, services.Entries.Select(entry => entry.Key.Text)));
        return own;
    }

    /// <summary><c>build: FOLDER</c> is <c>build: {context: FOLDER}</c>.</summary>
    private static YamlEntry WithoutShortForm(YamlEntry entry) => entry is not { Key.Text: "build", Value: YamlScalar { IsNull: false } folder } ? entry
        : entry with { Value = new YamlMap([new YamlEntry(new YamlScalar("context", true, folder.Place), folder)], folder.Place) };

    /// <summary>A map with what another one adds: see <see cref="ComposeYaml"/>.</summary>
    public static YamlMap Joined(YamlMap below, YamlMap own) => own with
    {
        Entries =
        [
            .. below.Entries.Where(entry => entry.Key.Text != "extends" && own.Find(entry.Key.Text) is null),
            .. own.Entries.Select(entry => below.Find(entry.Key.Text) is { } other
                ? entry with { Value = Joined(WithoutShortForm(other).Value, WithoutShortForm(entry).Value) } : entry),
        ],
    };

    private static YamlNode Joined(YamlNode below, YamlNode own) => (below, own) switch
    {
        (YamlMap first, YamlMap second) => Joined(first, second),
        (YamlList first, YamlList second) => second with { Items = [.. first.Items, .. second.Items] },
        (YamlList first, YamlMap second) => second with { Entries = [.. Pairs(first).Where(entry => second.Find(entry.Key.Text) is null), .. second.Entries] },
        (YamlMap first, YamlList second) => Joined(first, new YamlMap([.. Pairs(second)], second.Place)),
        _ => own,
    };

    /// <summary>A list of <c>KEY=VALUE</c> as the map that it stands for.</summary>
    private static IEnumerable<YamlEntry> Pairs(YamlList list) =>
        from item in list.Items.OfType<YamlScalar>()
        let parts = item.Text.Split('=', 2)
        select new YamlEntry(new YamlScalar(parts[0], false, item.Place), new YamlScalar(parts.Length > 1 ? parts[1] : "", parts.Length == 1, item.Place));
}
