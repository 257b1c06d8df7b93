using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Projects;

namespace Manifold.Building;

/// <summary>The outcome of each component, for the record of a build.</summary>
internal static class ComponentOutcomes
{
    /// <param name="made">The components before publication; null if not all of them ended.</param>
    /// <param name="result">The components at the end; null if the build failed before.</param>
    public static IEnumerable<ComponentOutcome> Of(
        BuildOrder order, ProjectResult? made, ProjectResult? result, bool isPlanned, Exception? failure)
    {
        if (result is not null)
            return result.Components.Select(component => Of(component, failure));
        if (made is not null)
            return made.Components.Select(component => Of(component, failure) with { Preflight = null }); // asks no registry again
        // An image without a name has the build's failure for its own.
        var isInterrupted = failure?.GetBaseException() is OperationCanceledException;
        return Chosen(order).Select(component => new ComponentOutcome
        {
            Name = component.Name,
            Tags = component.Tags,
            Arguments = ArgumentsOf(component),
            Failure = component.Origin.Name is null ? failure : isPlanned || isInterrupted ? null : new NotBegunException(),
        });
    }

    private static ComponentOutcome Of(ComponentResult component, Exception? failure) => new()
    {
        Name = component.Name,
        Result = component.Result,
        Tags = component.Component.Tags,
        Preflight = component.Planned.Preflight,
        Published = component.Publication,
        Arguments = ArgumentsOf(component.Component),
        FailedPlatforms = component.Missing,
        OptionalPlatforms =
        [
            .. component.Component.Platforms.Where(platform => platform.Optional).Select(platform => platform.Platform),
        ],
        Failure = component.Failure ?? (component.Component.Origin.Name is null ? failure : null),
    };

    private static IReadOnlyDictionary<string, string> ArgumentsOf(Component component) =>
        component.Platforms.Select(platform => platform.Source).OfType<BuildSource>().FirstOrDefault()?.GivenArguments
            ?? ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The components that the order names, as far as the project has them.</summary>
    private static ImmutableArray<Component> Chosen(BuildOrder order)
    {
        try
        {
            return order.Project.Select(order.Graph.Names);
        }
        catch (ManifoldException)
        {
            return [];
        }
    }
}
