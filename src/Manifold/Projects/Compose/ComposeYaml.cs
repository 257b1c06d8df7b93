using System.Collections.Immutable;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads what a <c>compose.yaml</c> builds: its services with a <c>build</c>, as <c>docker buildx bake</c> understands them.</summary>
/// <remarks>
/// What only matters to running containers is left alone. Paths start from the file's folder, and its <c>.env</c> is read, both as compose has it.
/// Services of every profile are built. Source: the Compose specification, "Compose Build Specification"; buildx, "Building from Compose file".
/// </remarks>
public static class ComposeYaml
{
    private static readonly string[] Known = ["version", "name", "services", "networks", "volumes", "configs", "secrets", "models", "include"];

    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static Project Read(string file, ReadingOptions options)
    {
        var paths = ProjectPaths.Of(file, options);
        var faults = new FileFaults(ProjectText.Read(file, paths));
        var values = new ValueReader(faults);
        var root = YamlComposer.Compose(faults) as YamlMap;
        faults.ThrowIfAny();
        foreach (var (key, _) in root?.Entries.Where(entry => !Known.Contains(entry.Key.Text)) ?? [])
            values.Refuse(key, "a compose file", Known);
        if (root?.Find("include") is { } include)
            faults.Add(include.Key.Place, "include is not supported yet.", "Print the whole with: docker compose config");

        options = options with { Environment = DotEnv.Read(paths.Absolute(".env"), options.Environment) };
        var environment = new Interpolation(faults, name => options.Environment.GetValueOrDefault(name));
        var services = new ServiceReader(root ?? new YamlMap([], faults.Source.PlaceOf(0, 0, 1)), environment, values).Read();
        if (services.IsEmpty)
            faults.Add(root?.Find("services")?.Key.Place ?? faults.Source.PlaceOf(0, 0, 1), "no service of this file has a build.", "Expected e.g.  services: {web: {build: ./web}}");
        var names = services.Select(service => service.Name).ToImmutableHashSet(StringComparer.Ordinal);
        var resolver = new ComponentResolver(new Surroundings(paths, options, names) { NamesByDefault = false, TagsMayBeShared = true }, faults);
        ImmutableArray<Component> components = [.. services.Select(resolver.Resolve).OfType<Component>()];
        faults.ThrowIfAny();
        return new Project { File = paths.Shown(file), Folder = paths.Folder, Components = components, Warnings = faults.Warnings };
    }
}
