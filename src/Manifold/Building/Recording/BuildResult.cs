using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Verification;

namespace Manifold.Building.Recording;

/// <summary>An image that was built: its index, which the image's tags name in the store, and each platform's image.</summary>
/// <param name="Index">The only platform's manifest if the image has no index.</param>
internal sealed record BuildResult(Descriptor Index, ImmutableArray<BuiltImage> Images, BuildPlan Plan)
{
    /// <summary>The findings of the gate; null if it is off.</summary>
    public GateReport? Gate { get; init; }
}
