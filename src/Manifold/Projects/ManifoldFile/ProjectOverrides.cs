using System.Collections.Immutable;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Applies what <c>--set</c> says to a resolved project.</summary>
/// <remarks>
/// Without a pattern all images are meant. A key that holds a list replaces it the first time and adds to it after that, and an empty value
/// empties it, as <c>docker buildx bake --set</c> has it. Paths start from the working folder, as everywhere on a command line. Keys of
/// bake's targets come before inheritance and are <see cref="Bake.BakeOverrides"/>'s.
/// </remarks>
internal sealed class ProjectOverrides
{
    private readonly ReadingOptions options;
    private readonly HashSet<(string Component, string Key)> replaced = [];

    private ProjectOverrides(ReadingOptions options) => this.options = options;

    /// <param name="hasRegistry">The reader has heeded <see cref="Registry"/>.</param>
    /// <exception cref="UsageException">An override means nothing.</exception>
    public static Project Apply(Project project, ReadingOptions options, bool hasRegistry = false)
    {
        var overrides = new ProjectOverrides(options);
        var names = project.Components.Select(component => component.Name).ToList();
        foreach (var set in options.Overrides.Select(text => Override.Parse(text, names)))
            project = overrides.Apply(project, set, hasRegistry);
        return project;
    }

    /// <summary>What <c>registry=</c> says, which only the reader of bare tags can heed.</summary>
    public static string? Registry(ImmutableArray<string> overrides) =>
        overrides.LastOrDefault(text => text.StartsWith("registry=", StringComparison.Ordinal))?["registry=".Length..];

    private Project Apply(Project project, Override set, bool hasRegistry)
    {
        if (set.Key == "registry")
            return hasRegistry && set is { Pattern: null, Name: null } ? project
                : throw set.Wrong("only a manifold.yaml has a registry, as in --set registry=quay.io/acme. For other files, set tags.");
        var names = project.Components.Select(component => component.Name).ToList();
        var around = new Surroundings(new ProjectPaths(options.WorkingFolder, options.WorkingFolder), options, [.. names]);
        set.Require(names);
        var changed = project with
        {
            Components = [.. project.Components.Select(component => set.Means(component.Name)
                ? Apply(component, set, around, hasRegistry) : component)],
        };
        return set.Key is "push" or "output" ? Pushed(project, changed, set) : changed;
    }

    /// <summary>
    /// Where some are pushed by their outputs, nothing else is;
    /// where the whole project is pushed, that stays so for all that are not meant.
    /// </summary>
    private static Project Pushed(Project before, Project changed, Override set)
    {
        if (set is { Key: "push", Pattern: null })
            return changed with { Push = set.Flag };
        if (before.Push && !before.Components.Any(component => component.IsPushed))
            return changed;
        return ComponentOutputs.Settled(changed with { Push = false });
    }

    /// <param name="isOwn">A manifold.yaml, where every list is replaced: bake only ever adds to some.</param>
    private Component Apply(Component component, Override set, Surroundings around, bool isOwn)
    {
        var isAgain = !replaced.Add((component.Name, set.Key));
        return new ComponentOverride(component, set, around)
        {
            Adds = set.Adds || isAgain
                || (!isOwn && set.Key is "attest" or "annotations" && set.Value is not ""),
        }.Apply();
    }
}
