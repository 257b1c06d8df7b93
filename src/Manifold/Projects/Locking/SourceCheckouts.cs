using System.Collections.Immutable;

namespace Manifold.Projects.Locking;

/// <summary>A project whose sources lie where they belong.</summary>
/// <param name="Commits">What each repository's name for a commit came to, by <see cref="ProjectLock.SourceName"/>.</param>
internal sealed record PreparedSources(Project Project, ImmutableSortedDictionary<string, string> Commits);

/// <summary>Brings the sources of a project's components to their commits, and their versions into the build arguments.</summary>
internal static class SourceCheckouts
{
    /// <summary>
    /// The project with what the sources say; itself where no component has one. Folders that several components share are written once.
    /// </summary>
    /// <param name="pins">What commits are held to; null where names are asked.</param>
    public static async Task<PreparedSources> PrepareAsync(
        Project project, IReadOnlyCollection<string> components, ProjectLock? pins, CancellationToken cancellation)
    {
        var wanted = project.Components.Where(component => component.Checkout is not null && components.Contains(component.Name)).ToList();
        if (wanted.Count == 0)
            return new PreparedSources(project, ImmutableSortedDictionary<string, string>.Empty);
        var sources = await Task.WhenAll(wanted.GroupBy(component => component.Checkout!.Folder).Select(async group =>
        {
            var found = new List<(string Name, SourceCheckout Checkout, CheckedOutSource Source)>();
            foreach (var component in group)
                found.Add((component.Name, component.Checkout!, await GitCheckout.PrepareAsync(
                    pins?.Pinned(component.Checkout!) ?? component.Checkout!, cancellation).ConfigureAwait(false)));
            return found;
        })).ConfigureAwait(false);
        var versions = sources.SelectMany(each => each)
            .ToDictionary(each => each.Name, each => each.Source.Version, StringComparer.Ordinal);
        var commits = sources.SelectMany(each => each).Where(each => ProjectLock.IsMovable(each.Checkout) && each.Source.Commit is not null)
            .DistinctBy(each => ProjectLock.SourceName(each.Checkout))
            .ToImmutableSortedDictionary(each => ProjectLock.SourceName(each.Checkout),
                each => each.Source.Commit!, StringComparer.Ordinal);
        var prepared = project with
        {
            Components = [.. project.Components.Select(
                component =>
                    versions.GetValueOrDefault(component.Name) is { } version && component.Checkout!.VersionArgument is { } argument
                        ? With(component, argument, version)
                        : component)],
        };
        return new PreparedSources(versions.Values.All(version => version is null) ? project : prepared, commits);
    }

    private static Component With(Component component, string argument, string value) => component with
    {
        Platforms =
            [.. component.Platforms.Select(platform => platform.Source is BuildSource source && !source.Arguments.ContainsKey(argument)
                ? platform with { Source = source with { Arguments = source.Arguments.SetItem(argument, value) } } : platform)],
    };
}
