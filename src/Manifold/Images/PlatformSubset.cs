using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>Some platforms of an image, under an index of their own.</summary>
internal static class PlatformSubset
{
    // How BuildKit says which manifest an attestation in the index is about.
    private const string AboutManifest = "vnd.docker.reference.digest";

    /// <summary>Whether an index's entry is an attestation about that manifest.</summary>
    internal static bool IsAbout(Descriptor entry, Digest manifest) => AboutOf(entry) == manifest;

    /// <summary>Which manifest an attestation in an index is about; null for what is none.</summary>
    internal static Digest? AboutOf(Descriptor entry) =>
        Digest.TryParse(entry.Annotations?.GetValueOrDefault(AboutManifest), out var about) ? about : null;

    /// <summary>The same image with these platforms only, in the order in which it has them; itself where that is all of it.</summary>
    /// <remarks>
    /// The manifests stay as they are, with what refers to them. An attestation stays where its manifest does. Takes
    /// <paramref name="source"/> over.
    /// </remarks>
    /// <exception cref="UsageException">It lacks a platform; the message says which it has.</exception>
    public static async Task<IImageSource> ChooseAsync(
        IImageSource source, ImmutableArray<Platform> wanted, CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var available = await ImagePlatforms.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        var chosen = wanted.Select(platform => PlatformChoice.Best(platform, available, entry => entry.Platform)
            ?? throw new UsageException($"{source.Location} has no image "
                + $"for {platform}. It has: {string.Join(", ", available.Select(entry => entry.Platform).Distinct())}."))
            .ToHashSet();
        if (!MediaType.IsIndex(top.Descriptor.MediaType) || available.All(chosen.Contains))
            return source;
        var index = await source.ReadIndexAsync(top.Descriptor, cancellation).ConfigureAwait(false);
        var attestations = index.Manifests.Where(entry => chosen.Any(image => IsAbout(entry, image.Manifest.Digest)));
        var smaller = index with { Manifests = [.. available.Where(chosen.Contains).Select(entry => entry.Manifest), .. attestations] };
        return ComposedImage.Over(source, ComposedImage.Content(top.Descriptor.MediaType, smaller.ToJson()));
    }
}
