using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Verification.Signatures;

/// <summary>A manifest that is signed by itself.</summary>
/// <param name="Name">For people: <c>index</c>, or the platform.</param>
internal sealed record SignedPart(string Name, Descriptor Descriptor);

/// <summary>Which manifests of an image are signed: its top, and all indexes and images of platforms below it.</summary>
internal static class SignedParts
{
    /// <summary>The top first. Entries that are no image (attestations of other builders) are left out.</summary>
    public static async Task<ImmutableArray<SignedPart>> OfAsync(
        IImageSource source, Descriptor top, CancellationToken cancellation = default)
    {
        var tree = await ImageTree.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        return [.. tree.Indexes.Concat(tree.Images).DistinctBy(part => part.Digest)
            .Select(part => new SignedPart(NameOf(part, top), part))];
    }

    private static string NameOf(Descriptor part, Descriptor top) =>
        part.Digest == top.Digest ? MediaType.IsIndex(top.MediaType) ? "index" : "image" : part.Platform?.ToPlatform().ToString()
            ?? part.Digest.ToString();
}
