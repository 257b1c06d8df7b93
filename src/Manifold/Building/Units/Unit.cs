using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Building.Units;

/// <summary>The work on one image for one platform: a request that can be written down, and this process's plan for it.</summary>
/// <param name="Image">The plan of the platform.</param>
/// <param name="Group">The units that share their steps with this one.</param>
internal sealed record Unit(UnitRequest Request, ImagePlan Image, UnitGroup Group)
{
    /// <summary>The repositories that get the image, if nothing but them needs the blobs of its layers; otherwise empty.</summary>
    /// <remarks>A runner elsewhere may push blobs there instead of bringing them here. It pushes no manifest and no tag.</remarks>
    public ImmutableArray<ImageReference> PushTo { get; init; } = [];
}

/// <summary>The platforms of one image that one Dockerfile builds alike. Equal steps of several platforms are done once.</summary>
/// <param name="request">The settings that all platforms share; its platform is that of the first unit.</param>
/// <param name="plan">The plan of all platforms of the group.</param>
internal sealed class UnitGroup(BuildRequest request, BuildPlan plan)
{
    public BuildRequest Request => request;

    public BuildPlan Plan => plan;
}

/// <summary>Another form of an image whose steps are the same: for an output that needs its own compression or annotations.</summary>
/// <param name="Annotations">Annotations besides those of the image.</param>
internal sealed record UnitVariant(LayerPolicy Layers, ImmutableArray<Annotation> Annotations)
{
    /// <summary>Returns the settings that build this form. All steps are known by now, so caches are not asked again.</summary>
    public BuildRequest Applied(BuildRequest request) => request with
    {
        Tags = [],
        NoCache = false,
        Cache = new CacheRequest { Inline = request.Cache.Inline },
        Layers = Layers,
        Annotations = [.. request.Annotations, .. Annotations],
    };
}
