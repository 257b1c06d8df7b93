using System.Collections.Immutable;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads what a <c>compose.yaml</c> builds: its services with a <c>build</c>, as <c>docker buildx bake</c> understands them.</summary>
/// <remarks>
/// What only matters to running containers is left alone. Paths start from the file's folder, and its <c>.env</c> is read, both as compose has it;
/// files that it includes or extends bring their own: <see cref="ComposeLoader"/>. Services of every profile are built. Source: the Compose specification, "Compose Build Specification"; buildx, "Building from Compose file".
/// </remarks>
public static class ComposeYaml
{
    private static readonly string[] Known = ["version", "name", "services", "networks", "volumes", "configs", "secrets", "models", "include"];

    private const string ProjectName = "COMPOSE_PROJECT_NAME";

    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static Project Read(string file, ReadingOptions options) => Read([file], options);

    /// <summary>Several files as one, later ones over earlier ones; paths start from the first one's folder.</summary>
    /// <inheritdoc cref="Read(string, ReadingOptions)"/>
    public static Project Read(ImmutableArray<string> files, ReadingOptions options)
    {
        var paths = ProjectPaths.Of(files[0], options);
        var faults = new FileFaults(ProjectText.Read(files[0], paths));
        var values = new ValueReader(faults);
        options = options with { Environment = Named(faults, DotEnv.Read(paths.Absolute(".env"), paths, options.Environment)) };
        var loader = new ComposeLoader(faults, paths);
        var root = loader.Load(new ComposeFiles([.. files.Select(file => Path.GetFullPath(file, options.WorkingFolder))], paths.Folder, options.Environment));
        foreach (var (key, _) in root.Entries.Where(entry => !Known.Contains(entry.Key.Text)))
            values.Refuse(key, "a compose file", Known);

        var services = new ServiceReader(root, new ServiceEnvironment(faults, paths, options.Environment), values).Read(loader.Interpolation.WarnOf);
        if (services.IsEmpty && !faults.Any)
            faults.Add(root.Find("services")?.Key.Place ?? faults.Source.PlaceOf(0, 0, 1), "no service of this file has a build.", "Expected e.g.  services: {web: {build: ./web}}");
        var names = services.Select(service => service.Name).ToImmutableHashSet(StringComparer.Ordinal);
        var resolver = new ComponentResolver(new Surroundings(paths, options, names) { NamesByDefault = false, TagsMayBeShared = true }, faults);
        ImmutableArray<Component> components = [.. services.Select(resolver.Resolve).OfType<Component>()];
        faults.ThrowIfAny();
        return new Project { File = string.Join(", ", files.Select(paths.Shown)), Folder = paths.Folder, Components = components, Warnings = faults.Warnings };
    }

    /// <summary>With the project's name: the file's, else the environment's, else the one that bake gives.</summary>
    private static ImmutableSortedDictionary<string, string> Named(FileFaults faults, ImmutableSortedDictionary<string, string> variables)
    {
        var silent = new FileFaults(faults.Source); // what is wrong with the file is told when it is read
        var written = (YamlComposer.ComposeAll(silent) ?? []).OfType<YamlMap>().Select(map => map.Find("name")?.Value).OfType<YamlScalar>().LastOrDefault(name => !name.IsNull);
        var name = written is null ? "" : ((YamlScalar)new Interpolation(silent, variables.GetValueOrDefault).Apply(written)).Text;
        return name.Length > 0 ? variables.SetItem(ProjectName, name)
            : variables.GetValueOrDefault(ProjectName) is { Length: > 0 } ? variables : variables.SetItem(ProjectName, "bake");
    }
}
