using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>The lists of what refers to a manifest, as a layout keeps them: an index under the name <c>sha256-HEX</c>.</summary>
/// <remarks>
/// A layout has no list of its own. Beside the referrers, which stand in its index for those who look at all of it (oras), the lists stand
/// there for those who look
/// a subject up (regctl). Source: OCI distribution specification 1.1, "Referrers Tag Schema"; regclient, scheme/ocidir.
/// </remarks>
internal static class ReferrerLists
{
    /// <summary>The image with a list for each of its documents that something refers to.</summary>
    /// <param name="listed">What the place lists under such a name already; null for nothing.</param>
    public static ImageParts With(ImageParts image, Func<string, ImageIndex?> listed)
    {
        var made = ImmutableArray.CreateBuilder<(string Name, ManifestContent List)>();
        foreach (var subject in image.Referrers.Select(referrer => Described(image, referrer)).GroupBy(referrer => referrer.Subject,
            referrer => referrer.Referrer))
        {
            if (subject.Key is not { } digest)
                continue;
            var name = RegistryClient.ReferrersTag(digest);
            var before = listed(name) ?? new ImageIndex { Manifests = [] };
            var missing = subject.Where(referrer => before.Manifests.All(entry => entry.Digest != referrer.Digest));
            made.Add((name, ComposedImage.Content(MediaType.Index, (before with { Manifests = [.. before.Manifests, .. missing] })
                .ToJson())));
        }
        return image with
        {
            Documents = [.. image.Documents, .. made.Select(each => each.List)],
            Tagged = [.. image.Tagged.Where(tagged => made.All(each => each.Name != tagged.Tag)),
                .. made.Select(each => new TaggedManifest(each.Name, each.List.Descriptor))],
        };
    }

    /// <summary>A referrer as lists describe it: with its type and its annotations.</summary>
    private static (Digest? Subject, Descriptor Referrer) Described(ImageParts image, Descriptor referrer)
    {
        var document = image.Documents.First(document => document.Descriptor.Digest == referrer.Digest).Bytes;
        if (MediaType.IsIndex(referrer.MediaType))
        {
            var index = ImageIndex.Parse(document.Span);
            return (index.Subject?.Digest, Bare(referrer) with
            {
                ArtifactType = referrer.ArtifactType ?? index.ArtifactType,
                Annotations = index.Annotations,
            });
        }
        var manifest = Manifest.Parse(document.Span);
        return (manifest.Subject?.Digest, Bare(referrer) with
        {
            ArtifactType = referrer.ArtifactType ?? manifest.ArtifactType ?? manifest.Config.MediaType,
            Annotations = manifest.Annotations,
        });
    }

    private static Descriptor Bare(Descriptor referrer) => new()
    {
        MediaType = referrer.MediaType,
        Digest = referrer.Digest,
        Size = referrer.Size,
    };
}
