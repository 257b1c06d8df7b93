using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>What a reference stands for: an index or a single manifest, and the platforms that it has.</summary>
internal sealed record ResolvedImage
{
    public required ImageReference Reference { get; init; }

    /// <summary>The index, or the manifest where there is no index.</summary>
    public required Descriptor Top { get; init; }

    /// <summary>The top's bytes as the registry has them.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>In the index's order, nested indexes opened; attestations are not among them.</summary>
    public required ImmutableArray<PlatformEntry> Entries { get; init; }

    /// <summary>The registry was asked and has it; false where a digest found it in the store, which may never have been pushed.</summary>
    public required bool IsFromRegistry { get; init; }

    public IEnumerable<Platform> Platforms => Entries.Select(entry => entry.Platform).Distinct();
}

/// <summary>One platform of an image, and the descriptor of its manifest.</summary>
internal sealed record PlatformEntry(Platform Platform, Descriptor Manifest);

/// <summary>One platform's image without its layers.</summary>
internal sealed record PlatformImage(Descriptor Descriptor, Manifest Manifest, ImageConfig Config);

/// <summary>How far a blob's transfer is. <paramref name="Push"/> is null while it lasts, and for pulls.</summary>
public sealed record TransferProgress(ImageReference Repository, Descriptor Blob, long Bytes, bool Done, BlobPush? Push = null);
