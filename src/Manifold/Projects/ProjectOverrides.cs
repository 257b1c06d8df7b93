using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.ManifoldFile;

namespace Manifold.Projects;

/// <summary>Applies what <c>--set</c> says to a resolved project.</summary>
/// <remarks>
/// Without a pattern all images are meant. A key that holds a list replaces it the first time and adds to it after that, and an empty value
/// empties it, as <c>docker buildx bake --set</c> has it. Paths start from the working folder, as everywhere on a command line.
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
            return hasRegistry && set is { Pattern: null, Name: null } ? project : throw set.Wrong("the registry is that of a whole manifold.yaml: --set registry=quay.io/acme. Elsewhere set tags.");
        if (set.Key == "push")
            return set.Pattern is null ? project with { Push = set.Flag } : throw set.Wrong("the whole project is pushed or not: --set push=true.");
        var names = project.Components.Select(component => component.Name).ToList();
        var around = new Surroundings(new ProjectPaths(options.WorkingFolder, options.WorkingFolder), options, [.. names]);
        if (!names.Exists(set.Means))
            throw set.Wrong($"there is no image '{set.Pattern}'. {Suggestion.For(set.Pattern!, names) ?? $"It has: {string.Join(", ", names)}."}");
        return project with { Components = [.. project.Components.Select(component => set.Means(component.Name) ? Apply(component, set, around) : component)] };
    }

    private Component Apply(Component component, Override set, Surroundings around) =>
        new ComponentOverride(component, set, around) { Adds = !replaced.Add((component.Name, set.Key)) }.Apply();
}
