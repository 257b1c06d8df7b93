using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Bake;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads what a <c>compose.yaml</c> builds: its services with a <c>build</c>, as <c>docker buildx bake</c> understands them.</summary>
/// <remarks>
/// What only matters to running containers is left alone. Paths start from the first file's folder, and its <c>.env</c> is read, both as
/// compose has it.
/// Services of every profile are built. Source: the Compose specification, "Compose Build Specification"; buildx, "Building from Compose file".
/// </remarks>
public static class ComposeYaml
{
    private static readonly string[] Known = ["version", "name", "services", "networks", "volumes", "configs", "secrets", "models", "include"];

    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static Project Read(string file, ReadingOptions options) => Read([file], options);

    /// <summary>Several files as one: maps are joined by key, lists one after the other, of anything else the later file's
    /// counts.</summary>
    /// <remarks>A service whose folder is not there, or whose values mean nothing, matters only where it is asked for.</remarks>
    public static Project Read(ImmutableArray<string> files, ReadingOptions options)
    {
        var paths = ProjectPaths.Of(files[0], options);
        var texts = files.Select(file => new SourceText(paths.Shown(file), options.ReadText(file).Text)).ToList();
        var faults = new FileFaults(texts[0]);
        var values = new ValueReader(faults);
        var root = Root(faults, texts, values);

        options = options with { Environment = DotEnv.Read(paths.Absolute(".env"), options.Environment) };
        var environment = new Interpolation(faults, name => options.Environment.GetValueOrDefault(name));
        var services = new ServiceReader(root ?? new YamlMap([], faults.Source.PlaceOf(0, 0, 1)), environment, values).Read();
        if (services.IsEmpty)
            faults.Add(root?.Find("services")?.Key.Place ?? faults.Source.PlaceOf(0, 0, 1), "no service of this file has a build.", "Expected e.g.  services: {web: {build: ./web}}");
        var ofFile = faults.Take();
        var names = services.Select(service => service.Name).ToImmutableHashSet(StringComparer.Ordinal);
        var resolver = new ComponentResolver(new Surroundings(paths, options, names) { NamesByDefault = false, TagsMayBeShared = true }, faults);
        var components = ImmutableArray.CreateBuilder<Component>();
        var broken = ImmutableSortedDictionary.CreateBuilder<string, BrokenComponent>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            var component = resolver.Resolve(service);
            if (component is not null)
                components.Add(component);
            if (faults.Take() is { IsEmpty: false } wrong)
                broken[service.Name] = new BrokenComponent(wrong, IsPrintable: component is not null);
        }
        if (!ofFile.IsEmpty)
            throw new ProjectFileException([.. ofFile.Concat(broken.Values.SelectMany(service => service.Faults))
                .OrderBy(fault => fault.Place.Line).ThenBy(fault => fault.Place.Column)]);
        return ComponentOutputs.Settled(new Project
        {
            File = string.Join(", ", texts.Select(text => text.FileName)), Folder = paths.Folder, Components = components.ToImmutable(),
                Warnings = faults.Warnings, Broken = broken.ToImmutable(),
            Written = new ServiceTargets(paths, options).Of(services),
        });
    }

    /// <summary>Compose lets tools have keys of their own; one that looks like a slip is a fault.</summary>
    private static void Unknown(FileFaults faults, ValueReader values, YamlScalar key)
    {
        if (Suggestion.For(key.Text, Known) is not null)
            values.Refuse(key, "a compose file", Known);
        else if (!key.Text.StartsWith("x-", StringComparison.Ordinal))
            faults.Warn(key.Place, $"the key '{key.Text}' is not one of a compose file, and has no effect.");
    }

    private static YamlMap? Root(FileFaults faults, List<SourceText> texts, ValueReader values)
    {
        YamlMap? root = null;
        foreach (var text in texts)
        {
            var own = new FileFaults(text);
            var map = YamlComposer.Compose(own) as YamlMap;
            own.ThrowIfAny();
            faults.Add(text);
            foreach (var (key, _) in map?.Entries.Where(entry => !Known.Contains(entry.Key.Text)) ?? [])
                Unknown(faults, values, key);
            if (map?.Find("include") is { } include)
                faults.Add(include.Key.Place, "include is not supported yet.", "Print the whole with: docker compose config");
            root = root is null || map is null ? root ?? map : ServiceReader.Joined(root, map);
        }
        return root;
    }
}
