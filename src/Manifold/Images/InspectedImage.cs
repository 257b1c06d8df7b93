using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>One manifest of an image with its config, and what refers to it.</summary>
/// <param name="Platform">Null for an attestation and what else is no image.</param>
/// <param name="About">What an attestation in the index is about.</param>
internal sealed record InspectedManifest(
    Descriptor Descriptor, Manifest Manifest, ImageConfig? Config, Platform? Platform, Digest? About, ImmutableArray<Descriptor> Referrers)
{
    /// <summary>Bytes of manifest, config and layers.</summary>
    public long Size => Parts.DistinctBy(part => part.Digest).Sum(part => part.Size);

    internal IEnumerable<Descriptor> Parts => [Descriptor, Manifest.Config, .. Manifest.Layers];
}

/// <summary>An image read down to its configs; no layer is touched.</summary>
/// <param name="Index">Null where the top is a manifest.</param>
/// <param name="Nested">Indexes below the top, which <paramref name="Manifests"/> has opened.</param>
internal sealed record InspectedImage(
    ImageLocation Location,
    ManifestContent Top,
    ImageIndex? Index,
    ImmutableArray<InspectedManifest> Manifests,
    ImmutableArray<Descriptor> Nested,
    ImmutableArray<Descriptor> Referrers)
{
    /// <summary>The reason why the referrers are unknown; null if they are known.</summary>
    public string? ReferrersUnknown { get; init; }

    /// <summary>Bytes of everything; what several platforms share counts once.</summary>
    public long Size => Manifests.SelectMany(manifest => manifest.Parts).Concat(Nested).Append(Top.Descriptor)
        .DistinctBy(part => part.Digest)
        .Sum(part => part.Size);

    /// <summary>How many of a manifest's layers another platform has too.</summary>
    public int SharedLayers(InspectedManifest manifest) => manifest.Manifest.Layers.Count(layer => SharersOf(manifest, layer).Any());

    /// <summary>The other platforms that have a layer.</summary>
    public IEnumerable<Platform> SharersOf(InspectedManifest manifest, Descriptor layer) =>
        Manifests.Where(other => other != manifest && other.Manifest.Layers.Any(each => each.Digest == layer.Digest))
            .Select(other => other.Platform)
            .OfType<Platform>();

    /// <summary>
    /// Costs each document once, and a question for what refers to it.
    /// A registry that does not answer that one hides nothing else.
    /// </summary>
    /// <param name="of">What of the image is to be read; null for all of it.</param>
    public static async Task<InspectedImage> ReadAsync(IImageSource source, ImageTree? of = null, CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var index = MediaType.IsIndex(top.Descriptor.MediaType)
            ? await source.ReadIndexAsync(top.Descriptor, cancellation).ConfigureAwait(false)
            : null;
        var tree = of ?? await ImageTree.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        var manifests = await FirstFailure.WhenAllAsync(
            tree.Manifests, (manifest, token) => InspectAsync(source, manifest, token), cancellation).ConfigureAwait(false);
        var subjects = manifests.Select(manifest => manifest.Descriptor.Digest).Concat(index is null ? [] : [top.Descriptor.Digest]);
        var (referrers, unknown) = await ReferrersAsync(source, [.. subjects.Distinct()], cancellation).ConfigureAwait(false);
        return new InspectedImage(
            source.Location, top, index, [.. manifests.Select(manifest =>
                manifest with { Referrers = referrers.GetValueOrDefault(manifest.Descriptor.Digest, []) })],
            [.. tree.Indexes.Skip(1)], index is null ? [] : referrers.GetValueOrDefault(top.Descriptor.Digest, []))
        {
            ReferrersUnknown = unknown,
        };
    }

    private static async Task<(ImmutableDictionary<Digest, ImmutableArray<Descriptor>> Referrers, string? Unknown)> ReferrersAsync(
        IImageSource source, ImmutableArray<Digest> subjects, CancellationToken cancellation)
    {
        try
        {
            var found = await FirstFailure.WhenAllAsync(subjects, async (subject, token) =>
                KeyValuePair.Create(subject, await source.ListReferrersAsync(subject, token).ConfigureAwait(false)), cancellation)
                    .ConfigureAwait(false);
            return (found.ToImmutableDictionary(), null);
        }
        catch (RegistryException e)
        {
            return (ImmutableDictionary<Digest, ImmutableArray<Descriptor>>.Empty, e.Message);
        }
    }

    private static async Task<InspectedManifest> InspectAsync(IImageSource source, Descriptor descriptor, CancellationToken cancellation)
    {
        var manifest = await source.ReadManifestAsync(descriptor, cancellation).ConfigureAwait(false);
        var about = PlatformSubset.AboutOf(descriptor);
        var config = about is null && MediaType.IsConfig(manifest.Config.MediaType)
            ? await source.ReadConfigAsync(manifest.Config, cancellation).ConfigureAwait(false)
            : null;
        var platform = descriptor.Platform is { } said ? said.Os == "unknown" ? null : said.ToPlatform() : config?.Platform;
        return new InspectedManifest(descriptor, manifest, config, platform, about, []);
    }
}
