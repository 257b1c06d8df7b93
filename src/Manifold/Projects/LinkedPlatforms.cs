using Manifold.Oci;

namespace Manifold.Projects;

/// <summary>A component that says no platforms is built for those of the components that stand on it, and not for this machine
/// alone.</summary>
internal static class LinkedPlatforms
{
    /// <summary>Follows <c>contexts</c> until nothing is added; a component that says its platforms keeps them.</summary>
    public static Project Applied(Project project)
    {
        var wanted = project.Components.ToDictionary(component => component.Name,
            component => component.Platforms.Select(each => each.Platform).ToList());
        var links = project.Components.SelectMany(component => component.Siblings
            .Select(sibling => (From: component, To: project.Find(sibling)))).Where(link => link.To is { IsForThisMachine: true }).ToList();
        for (var before = -1; before != wanted.Values.Sum(platforms => platforms.Count);)
        {
            before = wanted.Values.Sum(platforms => platforms.Count);
            foreach (var (from, to) in links)
                wanted[to!.Name].AddRange(wanted[from.Name].Except(wanted[to.Name]).ToList());
        }
        return project with { Components = [.. project.Components.Select(component => component.IsForThisMachine
            ? component with { Platforms = [.. wanted[component.Name].Select(platform => Of(component, platform))] } : component)] };
    }

    private static ComponentPlatform Of(Component component, Platform platform) =>
        component.Platforms.FirstOrDefault(each => each.Platform == platform) ?? component.Platforms[0] with { Platform = platform };
}
