using System.Collections.Immutable;
using Manifold.Images.Outputs;
using Manifold.Oci;
using Manifold.Projects;

namespace Manifold.Building;

/// <summary>Decides whether an image's layers may go from where they are made to the registry, without coming here.</summary>
internal static class DirectPush
{
    /// <summary>Returns the repositories that get the image. Empty if something here reads its layers, or if it is not published.</summary>
    /// <remarks>When in doubt, the layers come here: that is slower, and always right.</remarks>
    public static ImmutableArray<ImageReference> TargetsOf(PlannedComponent planned, ProjectPlan plan, BuildOrder order)
    {
        if (planned.Preflight is not { } preflight
            || WritesFiles(planned.Component, order.Outputs)
            || (order.Documents.Sbom ?? planned.Component.Sbom)
            || planned.Component.DockerFormat
            || planned.Component.Verification.Run is not null
            || planned.Platforms.Any(LeavesLayersElsewhere)
            || plan.Components.Any(other => other.Node.Siblings.Any(sibling => sibling.Name == planned.Name)))
            return [];
        return [.. preflight.Request.Targets.DistinctBy(target => target.Name)];
    }

    private static bool WritesFiles(Component component, OutputOrder outputs) => outputs.Load || component.Load
        || (outputs.Given ?? [.. component.Outputs.Select(text => ImageOutput.Parse(text))])
            .Any(output => output.Kind is not (OutputKind.Image or OutputKind.CacheOnly));

    /// <summary>Whether a cache gets the layers, or whether the layers of bases are made again.</summary>
    private static bool LeavesLayersElsewhere(PlannedPlatform platform) =>
        platform.Node.Build?.Request is { } request && (!request.Cache.To.IsEmpty || request.Layers.BasesToo);
}
