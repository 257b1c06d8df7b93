using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Publishing;

namespace Manifold.Building;

/// <summary>A project's plan: every outside image has its digest, every target was asked, and nothing was built.</summary>
internal sealed record ProjectPlan
{
    /// <summary>Each after those that it needs.</summary>
    public required ImmutableArray<PlannedComponent> Components { get; init; }

    /// <summary>The problems of the other components; empty unless the rest is kept.</summary>
    public ImmutableArray<ManifoldException> Problems { get; init; } = [];

    /// <summary>What this machine lacks for the RUNs of the plan; empty unless the rest is kept.</summary>
    public ImmutableArray<ManifoldException> HostProblems { get; init; } = [];

    /// <summary>
    /// The components without a plan, each with the one that it needs and that has the problem; null where the problem is its own.
    /// </summary>
    public ImmutableSortedDictionary<string, string?> Left { get; init; } = ImmutableSortedDictionary<string, string?>.Empty;
}

/// <summary>A component's plan.</summary>
internal sealed record PlannedComponent(ComponentNode Node)
{
    public string Name => Node.Name;

    public Component Component => Node.Component;

    /// <summary>In the order of the component's platforms, without those that may fail and cannot be built here.</summary>
    public required ImmutableArray<PlannedPlatform> Platforms { get; init; }

    /// <summary>Platforms that may fail and do, before any work, each with the reason.</summary>
    public ImmutableArray<FailedPlatform> Missing { get; init; } = [];

    /// <summary>What the targets answered; null where nothing is published.</summary>
    public Preflight? Preflight { get; init; }

    /// <summary>All platforms as one plan, for whoever shows it.</summary>
    public BuildPlan Plan => new()
    {
        Dockerfile = Platforms.Select(platform => platform.Plan?.Dockerfile).FirstOrDefault(file => file is not null)
            ?? Component.Place.File,
        FileTime = Platforms.Select(platform => platform.Plan?.FileTime).FirstOrDefault(time => time is not null) ?? 0,
        Images = [.. Platforms.Select(platform => platform.Image)],
        Told = [.. Platforms.SelectMany(platform => platform.Plan?.Told ?? [])],
    };
}

/// <summary>One platform's plan: a build, or an image that is taken as it is.</summary>
internal sealed record PlannedPlatform(PlatformNode Node, ImagePlan Image)
{
    public Platform Platform => Node.Platform;
    public bool Optional => Node.Of.Optional;

    /// <summary>
    /// The build's plan; null where the image is taken.
    /// Where siblings are needed it stands on their plans and is made again on their images.
    /// </summary>
    public BuildPlan? Plan { get; init; }

    /// <summary>The bases from outside.</summary>
    public ImmutableDictionary<(ImageReference, Platform), BaseImage> Bases { get; init; } =
        ImmutableDictionary<(ImageReference, Platform), BaseImage>.Empty;

    /// <summary>The image that is taken as it is; null where it is built.</summary>
    public BaseImage? Taken { get; init; }
}
