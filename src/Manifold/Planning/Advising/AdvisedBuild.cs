using System.Collections.Immutable;

namespace Manifold.Planning.Advising;

/// <summary>A build to advise on.</summary>
/// <param name="Component">The image of the project; empty for a single build.</param>
/// <param name="Plan">Null if the build could not be planned.</param>
/// <param name="Bases">The base images of its stages.</param>
internal sealed record AdvisedBuild(string Component, BuildPlan? Plan, ImmutableArray<BaseImage> Bases)
{
    public AdvisedBuild(string component, BuildPlan plan) : this(component, plan, [.. plan.Bases])
    {
    }
}
