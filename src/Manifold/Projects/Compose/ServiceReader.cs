using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads the services that are built, of a file in which everything is joined already.</summary>
/// <param name="root">The whole file.</param>
internal sealed class ServiceReader(YamlMap root, ServiceEnvironment environment, ValueReader values)
{
    // Of a service's keys only these say what is built.
    private static readonly string[] Building = ["build", "image", "platform", "extends"];

    private readonly YamlMap services = root.Find("services")?.Value as YamlMap ?? new YamlMap([], root.Place);
    private readonly BuildReader builds = new(root, values);
    private readonly ServiceChecks checks = new(values.Faults);

    /// <param name="warnOf">Is told of each node that matters.</param>
    public ImmutableArray<NamedImage> Read(Action<YamlNode> warnOf) =>
        [.. services.Entries.Select(entry => Read(entry, warnOf)).OfType<NamedImage>()];

    private NamedImage? Read(YamlEntry entry, Action<YamlNode> warnOf)
    {
        var (key, value) = entry;
        if (key.Text.StartsWith("x-", StringComparison.Ordinal))
            return null;
        if (value is not YamlScalar { IsNull: true } && !values.Map(value, $"service '{key.Text}'", out _))
            return null;
        var service = (YamlMap)ComposeMerge.Cleaned(value as YamlMap ?? new YamlMap([], value.Place));
        Hint(key.Text, service);
        checks.Check(key.Text, service);
        var variables = environment.Of(service);
        if (service.Find("build") is not { Value: not YamlScalar { IsNull: true } } build)
        {
            if (service.Find("image") is not { Value: YamlScalar { IsNull: false, Text.Length: > 0 } } && service.Find("provider") is null)
                values.Faults.Add(key.Place, $"service '{key.Text}' has no 'image' and no 'build'.");
            return null;
        }
        if (build.Value is not (YamlMap or YamlScalar) || build.Value is YamlScalar folder && PlainScalar.IsNoText(folder))
        {
            values.Wrong(build.Value, $"build of service '{key.Text}'", "a folder or a map");
            return null;
        }
        warnOf(build.Value);
        var settings = builds.Read(key.Text, ComposeMerge.Build(build.Value), ImageOf);
        if (service.Find("image") is { Value: YamlScalar { IsNull: false, Text.Length: > 0 } image }
            && settings.Tags is null or { IsEmpty: true })
        {
            warnOf(image);
            settings = settings with { Tags = [new Located(image.Text, image.Place)] };
        }
        if (service.Find("platform") is { Value: YamlScalar { IsNull: false, Text.Length: > 0 } platform }
            && settings is { Platforms: null, WrongPlatforms.IsEmpty: true })
            settings = BuildReader.WithPlatforms(settings, [new Located(platform.Text, platform.Place)], platform.Place);
        return new NamedImage(key.Text, key.Text, settings with { Arguments = [.. settings.Arguments.Select(Filled)] }, key.Place);

        Setting Filled(Setting argument) => argument.Value is null && variables.TryGetValue(argument.Key, out var found)
            ? argument with { Value = found }
            : argument;
    }

    private void Hint(string name, YamlMap service)
    {
        foreach (var (other, _) in service.Entries.Where(each => !Building.Contains(each.Key.Text)))
            if (Suggestion.For(other.Text, Building) is { } hint)
                values.Faults.Warn(other.Place, $"service '{name}': the key '{other.Text}' is ignored. {hint}");
    }

    /// <summary>The image of a service that is not built, by which <c>service:NAME</c> then is meant.</summary>
    private string? ImageOf(string service) =>
        services.Find(service)?.Value is YamlMap map && map.Find("build") is null or { Value: YamlScalar { IsNull: true } }
            && map.Find("image")?.Value is YamlScalar image && ImageReference.TryParse(image.Text, out _) ? image.Text : null;
}
