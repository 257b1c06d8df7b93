using System.Collections.Immutable;
using Manifold.Projects.Bake;
using Manifold.Projects.Compose;
using Manifold.Projects.ManifoldFile;
using Manifold.Projects.Targets;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Reading;

/// <summary>
/// Reads what <c>docker buildx bake</c> reads, in HCL or JSON, the output of its <c>--print</c> included, and compose files beside it.
/// </summary>
/// <remarks>
/// <code>
/// docker-bake.hcl  ─1─ HclParser ─┐
/// docker-bake.json ─1─ HclParser ─┴─► body ─2─ variables, functions ─3─ matrices, expressions ─4─ inheritance, --set, groups ─5─► Project
/// compose.yaml     ─1─ ComposeYaml ───────────────────────────────────────────────────────────┘
/// </code>
/// 1. all become one tree, whose texts are templates; of compose files their services 2. <see cref="BakeDefinitions"/>: the environment
/// overrides variables, typed as their default is 3. <see cref="BakeTargets"/> 4. <see cref="BakeFile"/> 5. <see cref="BakeComponent"/>;
/// group default, else target default, is what is baked where nothing is named. What is wrong with one target alone is judged where that is
/// asked for. Paths start from the working folder, as bake has it. Nothing is fetched and nothing run. Reference: buildx's bake package.
/// </remarks>
internal static class BakeReader
{
    /// <summary>The files that bake reads where none is named, after compose's; all that are there, in this order, as one.</summary>
    public static ImmutableArray<string> DefaultNames { get; } =
        ["docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"];

    /// <param name="path">As the user named it, from the working folder.</param>
    /// <exception cref="ProjectFileException">Something cannot be used as it is; every fault is in it.</exception>
    /// <exception cref="UsageException">The file cannot be read.</exception>
    public static Project Read(string path, ReadingOptions options) => Read([path], options);

    /// <summary>Several files as one: blocks of the same name are merged, later ones over earlier ones.</summary>
    public static Project Read(ImmutableArray<string> paths, ReadingOptions options) => Read(paths, [], options);

    /// <summary>Compose files alone, which nothing is inherited in.</summary>
    public static Project ReadServices(ImmutableArray<string> files, ReadingOptions options)
    {
        var project = ProjectOverrides.Apply(ComposeYaml.Read(files, options), options) with { LinksPlatforms = true };
        var overrides = new BakeOverrides(options, [.. project.Written!.Targets.Select(target => target.Name)]);
        var targets = project.Written.Targets.Select(target => overrides.Apply(target).Normalized());
        return project with { Written = project.Written with { Targets = [.. targets] } };
    }

    /// <summary>The same, with compose files before them: a block adds to the service of its name.</summary>
    public static Project Read(ImmutableArray<string> paths, ImmutableArray<string> compose, ReadingOptions options)
    {
        var faults = new ProjectFaults();
        var sources = new BakeSources(faults);
        var services = compose.IsEmpty ? null : ComposeYaml.Read(compose, options with { Overrides = [] });
        var before = services is null ? [] : ServiceTargets.Placed(services, sources, options);
        foreach (var path in paths)
            sources.Add(options.ReadText(path)); // 1
        faults.ThrowIfAny();
        var file = new BakeFile(sources, before);
        file.Read(options); // 2, 3, 4
        var project = Components(file, sources, options) with { File = string.Join(", ", compose.Concat(paths)) }; // 5
        if (faults.Any)
            throw new ProjectFileException([.. faults.ToImmutable(), .. project.Broken.Values.SelectMany(broken => broken.Faults)]);
        if (services is not null)
            project = project with { Warnings = [.. services.Warnings, .. project.Warnings], Broken = WithServices(project, services) };
        return ProjectOverrides.Apply(project, options with { Overrides = file.OverridesLeft }) with { LinksPlatforms = true };
    }

    /// <summary>With the services of which so much is wrong that they are no targets.</summary>
    private static ImmutableSortedDictionary<string, BrokenComponent> WithServices(Project project, Project services) =>
        project.Broken.AddRange(services.Broken.Select(each => KeyValuePair.Create(BakeNames.Of(each.Key), each.Value))
            .Where(each => project.Find(each.Key) is null && !project.Broken.ContainsKey(each.Key)));

    private static Project Components(BakeFile file, BakeSources sources, ReadingOptions options)
    {
        var names = file.Targets.Select(target => target.Name).ToImmutableHashSet(StringComparer.Ordinal);
        var broken = ImmutableSortedDictionary.CreateBuilder<string, BrokenComponent>(StringComparer.Ordinal);
        var components = ImmutableArray.CreateBuilder<Component>();
        var warnings = new List<string>(file.Warnings);
        foreach (var target in file.Targets)
        {
            var (wrong, hindrances) = (file.FaultsOf(target.Name), new ProjectFaults());
            var reader = new BakeComponent(target, sources.FaultsTo(wrong), sources.FaultsTo(hindrances), options);
            var component = reader.Read(names);
            components.Add(component with { Publish = component.Tags.Length > 0, Load = target.IsLoaded });
            warnings.AddRange(reader.Warnings);
            if (hindrances.Any)
                broken[target.Name] = new BrokenComponent(hindrances.ToImmutable(), IsPrintable: true);
        }
        RequireDefault(file, sources);
        foreach (var name in file.Wrong)
        {
            broken[name] = new BrokenComponent(
                [.. file.FaultsOf(name).ToImmutable(), .. broken.GetValueOrDefault(name)?.Faults ?? []],
                IsPrintable: false);
        }
        return ComponentOutputs.Settled(new Project
        {
            File = "",
            Folder = Path.GetFullPath(options.WorkingFolder),
            Components = components.ToImmutable(),
            Groups = file.Groups,
            Default = Default(file),
            Warnings = [.. warnings.Distinct()],
            Broken = broken.ToImmutable(),
            Written = new BakeDocument(file.Targets, file.WrittenGroups),
        });
    }

    private static ImmutableArray<string> Default(BakeFile file) => file.Groups.GetValueOrDefault("default", ["default"]);

    /// <summary>Where there is no default, names have to be given.</summary>
    private static void RequireDefault(BakeFile file, BakeSources sources)
    {
        if (file.Groups.ContainsKey("default") || file.Targets.Any(target => target.Name == "default"))
            return;
        var names = file.Groups.Keys.Concat(file.Targets.Select(target => target.Name)).ToList();
        sources.FaultsTo(file.FaultsOf("default")).Fault(
            file.Targets.FirstOrDefault()?.Span ?? default,
            "the file has no group or target 'default'. Name the targets to build",
            $"The file has: {string.Join(", ", names)}.");
    }
}
