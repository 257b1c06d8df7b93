using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Verification.Signatures;

/// <summary>A manifest that is signed by itself.</summary>
/// <param name="Name">For people: <c>index</c>, or the platform.</param>
public sealed record SignedPart(string Name, Descriptor Descriptor);

/// <summary>Which manifests of an image are signed: its top, and all indexes and images of platforms below it.</summary>
public static class SignedParts
{
    /// <summary>The top first. Entries that are no image (attestations of other builders) are left out.</summary>
    public static async Task<ImmutableArray<SignedPart>> OfAsync(IImageSource source, Descriptor top, CancellationToken cancellation = default)
    {
        var parts = ImmutableArray.CreateBuilder<SignedPart>();
        await AddAsync(source, new SignedPart(MediaType.IsIndex(top.MediaType) ? "index" : "image", top), parts, 0, cancellation).ConfigureAwait(false);
        return [.. parts.DistinctBy(part => part.Descriptor.Digest)];
    }

    private static async Task AddAsync(IImageSource source, SignedPart part, ImmutableArray<SignedPart>.Builder parts, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw new UsageException($"read {source.Location}: its indexes are nested more than {Limits.IndexDepth} deep.");
        parts.Add(part);
        if (!MediaType.IsIndex(part.Descriptor.MediaType))
            return;
        foreach (var child in (await source.ReadIndexAsync(part.Descriptor, cancellation).ConfigureAwait(false)).Images)
            await AddAsync(source, new SignedPart(child.Platform?.ToPlatform().ToString() ?? child.Digest.ToString(), child), parts, depth + 1, cancellation).ConfigureAwait(false);
    }
}
