using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>The two families of media types.</summary>
internal enum ImageFormat { Oci, Docker }

/// <summary>Images of one format in the other: index and manifests are written anew, configs and layers keep their bytes.</summary>
/// <remarks>
/// Docker's format has no annotations, no subjects, and no zstd: the first two are left out, the third is an error. Entries that
/// are no images (attestations) have no place in a Docker list and are left out too. Source: OCI image specification, "Compatibility
/// Matrix".
/// </remarks>
internal static class FormatConversion
{
    /// <summary>The image in that format; itself where it has it already. Takes <paramref name="source"/> over.</summary>
    /// <param name="tell">Gets, for people, what was left out.</param>
    public static async Task<IImageSource> ConvertAsync(
        IImageSource source, ImageFormat format, Action<string>? tell, CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var made = new List<ManifestContent>();
        var work = new Work(source, format, made);
        var converted = await ConvertAsync(work, top.Descriptor, 0, cancellation).ConfigureAwait(false);
        foreach (var lost in work.Lost())
            tell?.Invoke(lost);
        return converted.Digest == top.Descriptor.Digest ? source
            : ComposedImage.Over(source, made.Single(document => document.Descriptor.Digest == converted.Digest), made);
    }

    private sealed record Work(IImageSource Source, ImageFormat Format, List<ManifestContent> Made)
    {
        private readonly SortedSet<string> annotations = new(StringComparer.Ordinal);
        private int attestations;

        public void Lose(ImmutableSortedDictionary<string, string>? dropped) => annotations.UnionWith(dropped?.Keys ?? []);

        public void LoseEntries(int count) => attestations += count;

        /// <summary>A sentence for each kind of thing that the format has no place for.</summary>
        public IEnumerable<string> Lost()
        {
            if (annotations.Count > 0)
                yield return DroppedAnnotations(annotations, "Docker's media types cannot hold annotations. "
                    + "To keep them, use OCI media types.");
            if (attestations > 0)
                yield return $"{(attestations == 1 ? "1 attestation in the index is" : $"{attestations} attestations in the index are")} "
                    + "left out: a Docker manifest list can only hold images.";
        }
    }

    /// <summary>A message about lost annotations.</summary>
    internal static string DroppedAnnotations(IReadOnlyCollection<string> keys, string why)
    {
        const int most = 5;
        return $"{(keys.Count == 1 ? "1 annotation is" : $"{keys.Count} annotations are")} left out "
            + $"({string.Join(", ", keys.Take(most))}{(keys.Count > most ? ", …" : "")}): {why}";
    }

    private static async Task<Descriptor> ConvertAsync(Work work, Descriptor descriptor, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw new ContentMismatchException($"Reading {work.Source.Location}: "
                + $"its indexes are nested more than {Limits.IndexDepth} levels deep. Choose another image.");
        if (MediaType.IsIndex(descriptor.MediaType))
            return await ConvertIndexAsync(work, descriptor, depth, cancellation).ConfigureAwait(false);
        var manifest = await work.Source.ReadManifestAsync(descriptor, cancellation).ConfigureAwait(false);
        var type = work.Format is ImageFormat.Docker ? MediaType.DockerManifest : MediaType.Manifest;
        if (descriptor.MediaType == type || !MediaType.IsConfig(manifest.Config.MediaType))
            return descriptor;
        if (work.Format is ImageFormat.Docker)
            work.Lose(manifest.Annotations);
        return Keep(work, descriptor, type,
            (work.Format is ImageFormat.Docker ? manifest with { Annotations = null, Subject = null, ArtifactType = null } : manifest) with
            {
                MediaType = type,
                Config = Bare(work, manifest.Config) with
                {
                    MediaType = work.Format is ImageFormat.Docker ? MediaType.DockerConfig : MediaType.Config,
                },
                Layers = [.. manifest.Layers.Select(layer => Bare(work, layer) with { MediaType = LayerType(work, layer) })],
            });
    }

    private static async Task<Descriptor> ConvertIndexAsync(Work work, Descriptor descriptor, int depth, CancellationToken cancellation)
    {
        var index = await work.Source.ReadIndexAsync(descriptor, cancellation).ConfigureAwait(false);
        var docker = work.Format is ImageFormat.Docker;
        var entries = ImmutableArray.CreateBuilder<Descriptor>();
        foreach (var entry in docker ? index.Images : index.Manifests)
            entries.Add(Bare(work, await ConvertAsync(work, entry, depth + 1, cancellation).ConfigureAwait(false)));
        var type = docker ? MediaType.DockerIndex : MediaType.Index;
        if (descriptor.MediaType == type && entries.SequenceEqual(index.Manifests))
            return descriptor;
        if (docker)
        {
            work.Lose(index.Annotations);
            work.LoseEntries(index.Manifests.Length - index.Images.Count());
        }
        var converted = (docker ? index with { Annotations = null, Subject = null, ArtifactType = null } : index) with
        {
            MediaType = type,
            Manifests = entries.ToImmutable(),
        };
        var content = ComposedImage.Content(type, converted.ToJson());
        work.Made.Add(content);
        return content.Descriptor with { Platform = descriptor.Platform };
    }

    private static Descriptor Keep(Work work, Descriptor before, string type, Manifest manifest)
    {
        var content = ComposedImage.Content(type, manifest.ToJson());
        work.Made.Add(content);
        return before with { MediaType = type, Digest = content.Descriptor.Digest, Size = content.Descriptor.Size };
    }

    private static Descriptor Bare(Work work, Descriptor descriptor)
    {
        if (work.Format is not ImageFormat.Docker)
            return descriptor;
        work.Lose(descriptor.Annotations);
        return descriptor with { Annotations = null, ArtifactType = null, Data = null };
    }

    private static string LayerType(Work work, Descriptor layer) => work.Format is ImageFormat.Oci ? MediaType.OfOci(layer.MediaType)
        : MediaType.OfDocker(layer.MediaType) ?? throw new UsageException(
            $"{work.Source.Location}: Docker's format does not support layers of the type '{layer.MediaType}'. "
                + "Keep the OCI format, or choose an image with gzip layers.");
}
