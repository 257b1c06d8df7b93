using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>One platform's image that a stage stands on, resolved to its documents. Its layers may still be in the registry.</summary>
/// <param name="Reference">What the Dockerfile says, fully qualified.</param>
/// <param name="Descriptor">The platform's manifest.</param>
internal sealed record BaseImage(ImageReference Reference, Platform Platform, Descriptor Descriptor, Manifest Manifest, ImageConfig Config)
{
    public BaseOrigin Origin { get; init; }

    /// <summary>The name under which it was found: another where <see cref="Reference"/> names no registry.</summary>
    public ImageReference FoundAs { get => field ?? Reference; init; }

    /// <summary>
    /// What the reference itself stands for: the index that lists the manifest, or the manifest;
    /// null where nobody asked a registry or the store.
    /// </summary>
    public Digest? Top { get; init; }

    /// <summary>
    /// The repository of each layer where it is not <see cref="Reference"/>'s: an image that this run has built stands on others' layers.
    /// </summary>
    public ImmutableArray<ImageReference> LayerRepositories { get; init; } = [];

    /// <summary>Where a layer's blob can be had if it is not in the store.</summary>
    public ImageReference RepositoryOf(int layer) => LayerRepositories.IsEmpty ? FoundAs : LayerRepositories[layer];

    /// <summary>Where it was found, for people.</summary>
    public string From => Origin switch
    {
        BaseOrigin.Store => "store",
        BaseOrigin.LastTime => "last time",
        BaseOrigin.Locked => "locked",
        BaseOrigin.Sibling => "this project",
        _ => "registry",
    };

    /// <summary>Bytes of the layers' blobs.</summary>
    public long CompressedBytes => Manifest.Layers.Sum(layer => layer.Size);
}

/// <summary>Where a base was found.</summary>
internal enum BaseOrigin
{
    Registry,

    /// <summary>Under a name of the store's own.</summary>
    Store,

    /// <summary>What the registry said the last time; it could not be reached now.</summary>
    LastTime,

    /// <summary>Another image of the same project.</summary>
    Sibling,

    /// <summary>By the digest that a lock file pins the reference to.</summary>
    Locked,
}

/// <summary>An image × platform that a plan needs, and the instruction that asks for it.</summary>
internal sealed record BaseNeed(ImageReference Reference, Platform Platform, Place Place)
{
    /// <summary>"Did you mean …?" where the name is nearly that of a stage.</summary>
    public string? Hint { get; init; }
}
