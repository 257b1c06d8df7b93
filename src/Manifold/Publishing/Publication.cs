using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Publishing;

/// <summary>How many blobs came to a place, and how. What several platforms share counts once in each repository.</summary>
public sealed record Transfers(int Uploaded, int Mounted, int AlreadyThere, long UploadedBytes)
{
    public static Transfers None { get; } = new(0, 0, 0, 0);

    /// <summary>Manifests and blobs that the repository had lost of an image that was there, and that it has again now.</summary>
    public int Restored { get; init; }

    public static Transfers operator +(Transfers a, Transfers b) =>
        new(a.Uploaded + b.Uploaded, a.Mounted + b.Mounted, a.AlreadyThere + b.AlreadyThere, a.UploadedBytes + b.UploadedBytes)
        {
            Restored = a.Restored + b.Restored
        };
}

/// <summary>One published name, and what it stands for.</summary>
public sealed record PublishedTag(ImageReference Reference, Descriptor Target, Platform? Platform)
{
    /// <summary>With the digest: what this publication put there, whatever happens to the tag.</summary>
    public override string ToString() => Reference.WithDigest(Target.Digest).ToString();
}

/// <summary>What was published: every target is there whole, and every tag names it.</summary>
public sealed record Publication
{
    public required Descriptor Top { get; init; }

    /// <summary>In the order of the request; the platforms' own tags after those of the image.</summary>
    public required ImmutableArray<PublishedTag> Tags { get; init; }

    public required Transfers Transfers { get; init; }
}

/// <summary>A tag may not be moved as asked: it changed, or would lose a platform. No tag was written.</summary>
public sealed class PublicationRefusedException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => 1;
}

/// <summary>Tags could not be written. The message says of each which state it is in.</summary>
public sealed class PublicationFailedException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => IsInterrupted ? 130 : 3;

    /// <summary>The user ended it; nothing was wrong.</summary>
    public bool IsInterrupted { get; init; }

    /// <summary>Tags that name what they named before.</summary>
    public required ImmutableArray<ImageReference> Old { get; init; }

    /// <summary>Tags that could not be put back.</summary>
    public required ImmutableArray<ImageReference> New { get; init; }
}
