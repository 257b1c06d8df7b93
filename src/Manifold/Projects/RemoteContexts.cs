using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Fetching;
using Manifold.Planning;

namespace Manifold.Projects;

/// <summary>Fetches the contexts of a project that are elsewhere, so that all of them are folders.</summary>
internal static class RemoteContexts
{
    /// <summary>The project with folders; itself where all are folders already. One address is fetched once.</summary>
    /// <param name="settings">What a build is given; its secrets open repositories. Asked only for builds that have something
    /// elsewhere.</param>
    /// <exception cref="FetchException">One cannot be had; the message says whose it is.</exception>
    public static async Task<Project> PrepareAsync(
        Project project, Store store, Func<BuildSource, RunSettings> settings, CancellationToken cancellation)
    {
        var builds = project.Components
            .SelectMany(component => component.Platforms.Select(platform => (component.Name, Source: platform.Source as BuildSource)))
            .Where(each => each.Source is not null).ToList();
        var wanted =
            builds.SelectMany(build => AddressesOf(build.Source!).Select(address => (build.Name, Source: build.Source!, Address: address)))
                .DistinctBy(each => each.Address).ToList();
        if (wanted.Count == 0)
            return project;
        var fetched = (await Task.WhenAll(wanted.Select(async each =>
        {
            try
            {
                var (address, isNamed) = each.Address;
                var fetcher = new ContextFetcher(store, settings(each.Source).GitCredentials);
                return KeyValuePair.Create(each.Address, isNamed
                    ? await fetcher.FetchNamedAsync(address, keepGitFolder: false, cancellation).ConfigureAwait(false)
                    : await fetcher.FetchAsync(address, keepGitFolder: false, cancellation).ConfigureAwait(false));
            }
            catch (FetchException e)
            {
                throw new FetchException($"{each.Source.Place}: {each.Name}: {e.Message}", e);
            }
        })).ConfigureAwait(false)).ToDictionary();
        return project with
        {
            Components = [.. project.Components.Select(component => component with
            {
                Platforms = [.. component.Platforms.Select(
                    platform => platform.Source is BuildSource build ? platform with { Source = Placed(build, fetched) } : platform)],
            })],
        };
    }

    private static IEnumerable<(string Address, bool IsNamed)> AddressesOf(BuildSource build) =>
        build.Contexts.Values.OfType<RemoteContext>().Select(context => (context.Address, true))
            .Concat(build.ContextAddress is { } address ? [(address, false)] : []);

    private static FolderContext Folder(FetchedContext context) => new(context.Folder) { Time = context.When };

    private static BuildSource Placed(BuildSource build, Dictionary<(string Address, bool IsNamed), FetchedContext> fetched)
    {
        build = build with
        {
            Contexts = build.Contexts.ToImmutableSortedDictionary(
                each => each.Key,
                each => each.Value is RemoteContext remote ? Folder(fetched[(remote.Address, true)]) : each.Value,
                StringComparer.Ordinal),
        };
        if (build.ContextAddress is not { } address)
            return build;
        var context = fetched[(address, false)];
        return build with
        {
            ContextFolder = context.Folder,
            ContextTime = context.Time,
            DockerfilePath = build is { DockerfilePath: { } path, InlineDockerfile: null }
                ? Path.Combine(context.Folder, Path.GetRelativePath("/", path))
                : build.DockerfilePath,
            InlineDockerfile = context.Dockerfile is { } text ? System.Text.Encoding.UTF8.GetString(text) : build.InlineDockerfile,
        };
    }
}
