using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>
/// Reads what a <c>compose.yaml</c> builds: its services with a <c>build</c>, as <c>docker buildx bake</c> understands them.
/// </summary>
/// <remarks>
/// What only matters to running containers is left alone. Paths start from the file's folder, and its <c>.env</c> is read, both as compose
/// has it; files that it includes or extends bring their own: <see cref="ComposeLoader"/>. Services of every profile are built.
/// Source: the Compose specification, "Compose Build Specification"; buildx, "Building from Compose file".
/// </remarks>
internal static class ComposeYaml
{
    private static readonly string[] Known =
        ["version", "name", "services", "networks", "volumes", "configs", "secrets", "models", "include"];

    private const string ProjectName = "COMPOSE_PROJECT_NAME";

    /// <exception cref="ProjectFileException">The file is wrong.</exception>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static Project Read(string file, ReadingOptions options) => Read([file], options);

    /// <summary>Several files as one, later ones over earlier ones; paths start from the first one's folder.</summary>
    /// <remarks>A service whose folder is not there, or whose values mean nothing, matters only where it is asked for.</remarks>
    public static Project Read(ImmutableArray<string> files, ReadingOptions options)
    {
        var paths = ProjectPaths.Of(files[0], options);
        var loader = new ComposeLoader(paths, options, files[0]);
        var faults = loader.Faults;
        options = options with { Environment = Named(faults, DotEnv.Read(paths.Absolute(".env"), paths, options.Environment)) };
        var full = files.Select(file => file == "-" ? file : Path.GetFullPath(file, options.WorkingFolder));
        var root = loader.Load(new ComposeFiles([.. full], paths.Folder, options.Environment));
        var values = new ValueReader(faults);
        if (root.Find("services") is { Value: not (YamlMap or YamlScalar { IsNull: true }) } wrong)
            values.Wrong(wrong.Value, "services", "a map");
        foreach (var (key, _) in root.Entries.Where(entry => !Known.Contains(entry.Key.Text)))
            Unknown(faults, values, key);

        var environment = new ServiceEnvironment(faults, paths, options.Environment);
        var services = new ServiceReader(root, environment, values).Read(loader.Interpolation.WarnOf);
        if (services.IsEmpty && !faults.Any)
        {
            faults.Add(root.Find("services")?.Key.Place ?? faults.Source.PlaceOf(0, 0, 1),
                "no service in this file has a 'build'.", "Example: services: {web: {build: ./web}}");
        }
        var project = new Project
        {
            File = string.Join(", ", files.Select(file => file == "-" ? file : paths.Shown(file))),
            Folder = paths.Folder,
            Components = [],
        };
        var around = new Surroundings(paths, options, Names(services)) { NamesByDefault = false, TagsMayBeShared = true };
        return ComponentOutputs.Settled(Resolved(project, services, around, faults) with
        {
            Warnings = faults.Warnings,
            Written = new ServiceTargets(paths, options).Of(services),
        });
    }

    private static ImmutableHashSet<string> Names(ImmutableArray<NamedImage> services) =>
        services.Select(service => service.Name).ToImmutableHashSet(StringComparer.Ordinal);

    /// <exception cref="ProjectFileException">
    /// Something is wrong with the file and not with a service alone; what is wrong with services is told as well.
    /// </exception>
    private static Project Resolved(Project project, ImmutableArray<NamedImage> services, Surroundings around, FileFaults faults)
    {
        var ofFile = faults.Take();
        var resolver = new ComponentResolver(around, faults);
        var components = ImmutableArray.CreateBuilder<Component>();
        var broken = ImmutableSortedDictionary.CreateBuilder<string, BrokenComponent>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            foreach (var wrong in service.Settings.WrongPlatforms)
                faults.Add(wrong.Place, $"'{wrong.Text}' is not a platform.",
                    "Expected os/architecture[/variant], for example linux/arm64 or linux/arm/v7.");
            var component = resolver.Resolve(service);
            if (component is not null)
                components.Add(component);
            if (faults.Take() is { IsEmpty: false } found)
                broken[service.Name] = new BrokenComponent(found,
                    IsPrintable: component is not null && service.Settings.WrongPlatforms.IsEmpty);
        }
        if (!ofFile.IsEmpty)
            throw new ProjectFileException([.. ofFile.Concat(broken.Values.SelectMany(service => service.Faults))
                .OrderBy(fault => fault.Place.Line)
                .ThenBy(fault => fault.Place.Column)]);
        return project with { Components = components.ToImmutable(), Broken = broken.ToImmutable() };
    }

    /// <summary>Compose lets tools have keys of their own; one that looks like a slip is a fault.</summary>
    private static void Unknown(FileFaults faults, ValueReader values, YamlScalar key)
    {
        if (Suggestion.For(key.Text, Known) is not null)
            values.Refuse(key, "a compose file", Known);
        else if (!key.Text.StartsWith("x-", StringComparison.Ordinal))
            faults.Warn(key.Place, $"the key '{key.Text}' is not a key of a compose file and has no effect.");
    }

    /// <summary>With the project's name: the file's, else the environment's, else the one that bake gives.</summary>
    private static ImmutableSortedDictionary<string, string> Named(FileFaults faults, ImmutableSortedDictionary<string, string> variables)
    {
        var silent = new FileFaults(faults.Source); // what is wrong with the file is told when it is read
        var written = (YamlComposer.ComposeAll(silent) ?? [])
            .OfType<YamlMap>()
            .Select(map => map.Find("name")?.Value)
            .OfType<YamlScalar>()
            .LastOrDefault(name => !name.IsNull);
        var name = written is null ? "" : ((YamlScalar)new Interpolation(silent, variables.GetValueOrDefault).Apply(written)).Text;
        return name.Length > 0 ? variables.SetItem(ProjectName, name)
            : variables.GetValueOrDefault(ProjectName) is { Length: > 0 } ? variables : variables.SetItem(ProjectName, "bake");
    }
}
