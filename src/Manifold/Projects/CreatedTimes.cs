using Manifold.Fetching;
using Manifold.Planning;

namespace Manifold.Projects;

/// <summary>The creation times of the images of a project.</summary>
internal static class CreatedTimes
{
    /// <summary>
    /// The project with the time of each build; itself where nobody asks.
    /// Contexts that are elsewhere were fetched before.
    /// </summary>
    /// <param name="forAll">What the command line says; null where each image's own counts.</param>
    /// <exception cref="UsageException">The time of a context is asked for, and nobody knows it.</exception>
    public static async Task<Project> ResolveAsync(Project project, CreatedTime? forAll, DateTimeOffset now, CancellationToken cancellation)
    {
        if (forAll is null && project.Components.All(component => component.Created is null))
            return project;
        return project with { Components = [.. await Task.WhenAll(project.Components.Select(ResolveAsync)).ConfigureAwait(false)] };

        async Task<Component> ResolveAsync(Component component)
        {
            if ((forAll ?? component.Created) is not { } time)
                return component;
            var platforms = await Task.WhenAll(component.Platforms.Select(async platform => platform.Source is BuildSource build
                ? platform with
                {
                    Source = build with
                    {
                        Created = time.At(now, time.IsOfContext ? await OfContextAsync(build)
                            .ConfigureAwait(false) : null, build.ContextAddress ?? build.ContextFolder),
                    },
                }
                : platform)).ConfigureAwait(false);
            return component with { Platforms = [.. platforms] };
        }

        async Task<long?> OfContextAsync(BuildSource build) =>
            build.ContextTime ?? (build.ContextAddress is null ? await CheckoutTime.FindAsync(build.ContextFolder, cancellation)
                .ConfigureAwait(false) : null);
    }
}
