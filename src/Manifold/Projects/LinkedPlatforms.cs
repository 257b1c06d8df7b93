using Manifold.Oci;

namespace Manifold.Projects;

/// <summary>
/// In bake and compose files, a component that says no platforms is built for this machine where it is asked for, and for those of the
/// asked components that stand on it.
/// </summary>
internal static class LinkedPlatforms
{
    /// <summary>
    /// Follows <c>contexts</c> from what is asked for until nothing is added; a component that says its platforms keeps them.
    /// </summary>
    /// <param name="asked">The names of what is built or printed for its own sake.</param>
    public static Project Applied(Project project, IReadOnlyCollection<string> asked)
    {
        if (!project.LinksPlatforms)
            return project;
        var wanted = new Dictionary<string, HashSet<Platform>>(StringComparer.Ordinal);
        var waiting = new Queue<Component>(project.Components.Where(component => asked.Contains(component.Name)));
        foreach (var component in waiting)
            wanted[component.Name] = [.. component.Platforms.Select(each => each.Platform)];
        while (waiting.TryDequeue(out var from))
            foreach (var to in from.Siblings.Select(project.Find).OfType<Component>())
            {
                var own = to.IsForThisMachine ? wanted[from.Name] : [.. to.Platforms.Select(each => each.Platform)];
                if (!wanted.TryGetValue(to.Name, out var known))
                    wanted[to.Name] = known = [];
                else if (own.IsSubsetOf(known))
                    continue;
                known.UnionWith(own);
                waiting.Enqueue(to);
            }
        var components = project.Components.Select(component =>
            component.IsForThisMachine && wanted.TryGetValue(component.Name, out var platforms)
                ? component with { Platforms = [.. platforms.Select(platform => Of(component, platform))] }
                : component);
        return project with { Components = [.. components] };
    }

    private static ComponentPlatform Of(Component component, Platform platform) =>
        component.Platforms.FirstOrDefault(each => each.Platform == platform) ?? component.Platforms[0] with { Platform = platform };
}
