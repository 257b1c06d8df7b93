using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Verification;

namespace Manifold.Building.Recording;

/// <summary>What became of one component: what only its builder knows, and no event tells.</summary>
/// <remarks>All but the name may be missing: of a build that failed early there is only <see cref="Failure"/>.</remarks>
internal sealed record ComponentOutcome
{
    /// <summary>As <see cref="Events.BuildEvent.Component"/> has it; null where one image is built.</summary>
    public string? Name { get; init; }

    /// <summary>Null where there is no image.</summary>
    public BuildResult? Result { get; init; }

    public IReadOnlyCollection<ImageReference> Tags { get; init; } = [];

    /// <summary>The Dockerfile, or the location that the image was taken from, for people; null takes the plan's.</summary>
    public string? Source { get; init; }

    /// <summary>The build arguments that were given.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What the targets had before; null where nothing is to be published.</summary>
    public Preflight? Preflight { get; init; }

    /// <summary>Null where it was not published.</summary>
    public Publication? Published { get; init; }

    /// <summary>What the gate saw and what came of starting it, where that is later or more than <see cref="BuildResult.Gate"/>.</summary>
    public GateReport? Gate { get; init; }

    /// <summary>Platforms that failed while others went on.</summary>
    public ImmutableArray<FailedPlatform> FailedPlatforms { get; init; } = [];

    /// <summary>The platforms that may fail.</summary>
    public ImmutableArray<Platform> OptionalPlatforms { get; init; } = [];

    /// <summary>Why there is no image, or why it was not published.</summary>
    public Exception? Failure { get; init; }
}
