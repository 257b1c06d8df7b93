using System.Collections.Immutable;
using Manifold.Projects.Bake;

namespace Manifold.Projects.Printing;

/// <summary>What <c>bake --print</c> prints: what is asked for, and what that stands on.</summary>
internal static class PrintedProject
{
    /// <param name="names">Images and groups; none means the project's default.</param>
    /// <param name="format"><c>yaml</c>, <c>json</c> or <c>bake</c>.</param>
    /// <param name="workingFolder">That of <see cref="ReadingOptions"/>.</param>
    /// <exception cref="ManifoldException">A name is neither, or means what cannot be printed.</exception>
    public static string Write(Project project, ImmutableArray<string> names, string format, string workingFolder) => format switch
    {
        "json" => ProjectPrinter.Json(Chosen(project, names), workingFolder),
        "bake" => BakeJson.Write(project, names, workingFolder),
        _ => ProjectPrinter.Yaml(Chosen(project, names), workingFolder),
    };

    /// <summary>A project of what is asked for alone. Where others have to be in it, a default group says what was asked for.</summary>
    private static Project Chosen(Project project, ImmutableArray<string> names)
    {
        var asked = project.Select(names, toPrint: true);
        project = LinkedPlatforms.Applied(project, [.. asked.Select(component => component.Name)]);
        var all = new HashSet<string>(asked.Select(component => component.Name), StringComparer.Ordinal);
        foreach (var component in asked)
            AddSiblings(project, component, all);
        var printed = project with { Components = [.. project.Components.Where(component => all.Contains(component.Name))] };
        if (names.IsEmpty)
            return printed with
            {
                Groups = project.Groups.Select(group => KeyValuePair.Create(group.Key, Known(group.Value)))
                    .Where(group => !group.Value.IsEmpty).ToImmutableSortedDictionary(StringComparer.Ordinal),
            };
        return printed with
        {
            Groups = project.Groups.Clear(),
            Default = all.Count > asked.Length
                ? [.. asked.Select(component => component.Name)] : [],
        };

        ImmutableArray<string> Known(ImmutableArray<string> members) => [.. members.Where(all.Contains)];
    }

    private static void AddSiblings(Project project, Component component, HashSet<string> found)
    {
        foreach (var sibling in component.Siblings)
            if (project.Find(sibling) is { } other && found.Add(other.Name))
                AddSiblings(project, other, found);
    }
}
