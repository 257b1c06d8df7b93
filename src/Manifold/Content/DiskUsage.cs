using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The kinds of content that a store holds.</summary>
internal enum UsageKind
{
    /// <summary>The blobs of images that have a name, and of what refers to them.</summary>
    Images,

    /// <summary>The blobs of no named image: layers that the build cache keeps, and images that lost their name.</summary>
    Unnamed,

    /// <summary>Layers unpacked for RUN.</summary>
    Unpacked,

    /// <summary>The records of finished steps, file digests and layer contents.</summary>
    CacheRecords,

    /// <summary>The folders of <c>RUN --mount=type=cache</c>.</summary>
    CacheMounts,

    /// <summary>Contexts and files fetched from git and http.</summary>
    Downloads,

    /// <summary>Pulls and uploads that were interrupted.</summary>
    Transfers,

    /// <summary>The records of builds, which <c>manifold builds</c> lists.</summary>
    Builds,
}

/// <summary>One kind of content in numbers.</summary>
/// <param name="Count">Images, blobs, layers, records, folders or files.</param>
/// <param name="PruneFrees">The bytes that <c>prune</c> would free.</param>
/// <param name="PruneAllFrees">The bytes that <c>prune --all</c> would free.</param>
internal sealed record UsagePart(UsageKind Kind, int Count, long Bytes, long PruneFrees, long PruneAllFrees);

/// <summary>The blobs of one name of the store.</summary>
/// <param name="Bytes">All blobs that the name needs, each counted once, and those of its signatures, SBOMs and provenance.</param>
/// <param name="OwnBytes">The blobs that no other name needs.</param>
internal sealed record ImageUsage(string Name, Digest Digest, long Bytes, long OwnBytes);

/// <summary>The contents of the store, and the space that a prune would free.</summary>
internal sealed record DiskUsage
{
    /// <summary>The largest first.</summary>
    public required ImmutableArray<ImageUsage> Images { get; init; }

    /// <summary>One part for each kind. No byte is counted twice.</summary>
    public required ImmutableArray<UsagePart> Parts { get; init; }

    /// <summary>What could not be read, a sentence each.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    public long Bytes => Parts.Sum(part => part.Bytes);
    public long PruneFrees => Parts.Sum(part => part.PruneFrees);
    public long PruneAllFrees => Parts.Sum(part => part.PruneAllFrees);
}
