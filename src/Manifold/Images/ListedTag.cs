using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>One tag of a repository, read down to its manifests.</summary>
internal sealed record ListedTag(string Tag)
{
    /// <summary>The index, or the manifest of an image without an index. Null if the registry did not send it.</summary>
    public Descriptor? Top { get; init; }

    /// <summary>In the index's order. Empty for an artifact.</summary>
    public ImmutableArray<ListedPlatform> Platforms { get; init; } = [];

    /// <summary>The bytes of all documents and compressed layers, each counted once. Null if a part could not be read.</summary>
    public long? Size { get; init; }

    /// <summary>
    /// The time of the index's or manifest's annotation, or of the first platform's config. Null if none states one, or if it
    /// is the epoch of reproducible images.
    /// </summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The type of an artifact that is not an image.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The reason why the tag, or a part of what it names, could not be read.</summary>
    public string? Problem { get; init; }
}

/// <summary>One platform of a tag.</summary>
/// <param name="Platform">Null if neither the index nor the config names one.</param>
/// <param name="Size">The bytes of manifest, config and layers. Null if the manifest could not be read.</param>
internal sealed record ListedPlatform(Platform? Platform, Digest Digest, long? Size);
