using System.Collections.Immutable;

namespace Manifold.Projects.Bake;

/// <summary>Reads what <c>docker buildx bake</c> reads, in HCL or JSON, the output of its <c>--print</c> included.</summary>
/// <remarks>
/// <code>
/// docker-bake.hcl  ─1─ HclBodyParser ─┐
/// docker-bake.json ─1─ JsonBody ──────┴─► body ─2─ variables, functions ─3─ matrices, expressions ─4─ inheritance, groups ─5─► Project
/// </code>
/// 1. both become one tree, whose texts are templates 2. <see cref="BakeDefinitions"/>: the environment overrides variables, typed as their default is
/// 3. <see cref="BakeTargets"/> 4. <see cref="BakeFile"/> 5. <see cref="BakeComponent"/>; group default, else target default, is what is baked where
/// nothing is named. Paths start from the working folder, as bake has it. Nothing is fetched and nothing run; <c>--set</c> is <see cref="ProjectOverrides"/>'s. Reference: buildx's bake package.
/// </remarks>
public static class BakeReader
{
    /// <summary>The files that bake reads where none is named; all that are there, in this order, as one.</summary>
    public static ImmutableArray<string> DefaultNames { get; } = ["docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"];

    /// <param name="path">As the user named it, from the working folder.</param>
    /// <exception cref="ProjectFileException">Something cannot be used as it is; every fault is in it.</exception>
    /// <exception cref="UsageException">The file cannot be read.</exception>
    public static Project Read(string path, ReadingOptions options) => Read([path], options);

    /// <summary>Several files as one: blocks of the same name are merged, later ones over earlier ones.</summary>
    public static Project Read(ImmutableArray<string> paths, ReadingOptions options)
    {
        var faults = new ProjectFaults();
        var sources = new BakeSources(faults);
        foreach (var path in paths)
            sources.Add(LocatedText.Read(Path.Combine(options.WorkingFolder, path), path)); // 1
        faults.ThrowIfAny();
        var file = new BakeFile(sources);
        file.Read(options); // 2, 3, 4
        var names = file.Targets.Select(target => target.Name).ToImmutableHashSet(StringComparer.Ordinal);
        var read = file.Targets.Select(target => (Reader: new BakeComponent(target, sources, options), Target: target))
            .Select(each => (each.Reader, Component: each.Reader.Read(names))).ToList(); // 5
        faults.ThrowIfAny();
        var pushes = read.Any(each => each.Reader.IsPushed);
        return new Project
        {
            File = string.Join(", ", paths), Folder = Path.GetFullPath(options.WorkingFolder),
            Components = [.. read.Select(each => each.Component with { Publish = each.Component.Tags.Length > 0 && (!pushes || each.Reader.IsPushed) })],
            Groups = file.Groups,
            Default = Default(file),
            Push = pushes,
            Warnings = [.. read.SelectMany(each => each.Reader.Warnings).Distinct()],
        };
    }

    /// <summary>Without one, everything that is no more than a parent of others.</summary>
    private static ImmutableArray<string> Default(BakeFile file) =>
        file.Groups.TryGetValue("default", out var group) ? group
        : file.Targets.Any(target => target.Name == "default") ? ["default"]
        : [.. file.Targets.Select(target => target.Name).Where(name => !file.Parents.Contains(name))];
}
