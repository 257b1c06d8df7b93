using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>What an image's settings are resolved against.</summary>
/// <param name="Siblings">The names of all images of the project.</param>
internal sealed record Surroundings(ProjectPaths Paths, ReadingOptions Options, ImmutableHashSet<string> Siblings)
{
    /// <summary>What bare tags are put under; null where tags are as they stand.</summary>
    public Located? Registry { get; init; }

    /// <summary>The only platforms that are wanted; null where all are.</summary>
    public ImmutableArray<Platform>? Architectures { get; init; }

    /// <summary>An image that says no tag is <c>latest</c>, and its name is an alias: so in manifold.yaml, and nowhere else.</summary>
    public bool NamesByDefault { get; init; } = true;

    /// <summary>Two images with the same tag are only warned of: services of compose often share one.</summary>
    public bool TagsMayBeShared { get; init; }
}
