using System.Collections.Immutable;

namespace Manifold.Projects;

/// <summary>Brings the sources of a project's components to their commits, and their versions into the build arguments.</summary>
internal static class SourceCheckouts
{
    /// <summary>The project with what the sources say; itself where no component has one. Folders that several components share are written once.</summary>
    public static async Task<Project> PrepareAsync(Project project, IReadOnlyCollection<string> components, CancellationToken cancellation)
    {
        var wanted = project.Components.Where(component => component.Checkout is not null && components.Contains(component.Name)).ToList();
        if (wanted.Count == 0)
            return project;
        var sources = await Task.WhenAll(wanted.GroupBy(component => component.Checkout!.Folder).Select(async group =>
        {
            var found = new List<(string Name, CheckedOutSource Source)>();
            foreach (var component in group)
                found.Add((component.Name, await GitCheckout.PrepareAsync(component.Checkout!, cancellation).ConfigureAwait(false)));
            return found;
        })).ConfigureAwait(false);
        var versions = sources.SelectMany(each => each).ToDictionary(each => each.Name, each => each.Source.Version, StringComparer.Ordinal);
        return project with { Components = [.. project.Components.Select(component => versions.GetValueOrDefault(component.Name) is { } version && component.Checkout!.VersionArgument is { } argument ? With(component, argument, version) : component)] };
    }

    private static Component With(Component component, string argument, string value) => component with
    {
        Platforms = [.. component.Platforms.Select(platform => platform.Source is BuildSource source && !source.Arguments.ContainsKey(argument)
            ? platform with { Source = source with { Arguments = source.Arguments.SetItem(argument, value) } } : platform)],
    };
}
