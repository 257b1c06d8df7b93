using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving;

namespace Manifold.Images;

/// <summary>One platform's finished image, and what it weighs.</summary>
internal sealed record BuiltImage(Platform Platform, Descriptor Manifest, ImmutableArray<PublishedLayer> Layers, ImageConfig Config)
{
    /// <summary>Bytes of the layers' blobs.</summary>
    public long CompressedBytes => Layers.Sum(layer => layer.Blob.Size);
}

/// <summary>Puts layers and configs together: a manifest per platform, and the index over them.</summary>
/// <remarks>
/// <code>
/// layers + planned config  1  config with diff ids and history    → blob
///                          2  manifest                            → blob
/// manifests                3  index, in the order that was asked  → blob
/// </code>
/// The same layers and plan give the same bytes: nothing here asks for the time or the machine.
/// </remarks>
/// <param name="created">When images say that they were made, in seconds since 1970.</param>
internal sealed class ImageAssembler(Store store, long created, ImmutableArray<Annotation> annotations)
{
    private DateTimeOffset Created { get; } = DateTimeOffset.FromUnixTimeSeconds(created);

    /// <param name="inlineCache">What the config tells of the steps; null where it tells nothing, as the base's own never is handed
    /// on.</param>
    public async Task<BuiltImage> AssembleAsync(ImagePlan image, SolvedImage solved, string? inlineCache, CancellationToken cancellation)
    {
        var config = image.Config with
        {
            Created = Created,
            InlineCache = inlineCache,
            RootFs = new RootFs { DiffIds = [.. solved.Layers.Select(layer => layer.DiffId)] },
            History = [.. image.Config.History ?? [], .. OfEmptyLayer(solved), .. image.History.Select(entry => ToHistory(entry, solved))],
        };
        var configBlob = await store.WriteAsync(config.ToJson(), MediaType.Config, cancellation).ConfigureAwait(false);
        var manifest = new Manifest
        {
            Config = configBlob,
            // A base may be of Docker's kind; an OCI manifest that lists such layers is one that tools refuse.
            Layers = [.. solved.Layers.Select(layer => layer.Blob with { MediaType = MediaType.OfOci(layer.Blob.MediaType) })],
            Annotations = Annotated(AnnotationPlace.Manifest, image.Platform),
        };
        var descriptor = await store.WriteAsync(manifest.ToJson(), MediaType.Manifest, cancellation).ConfigureAwait(false);
        return new BuiltImage(image.Platform, descriptor, solved.Layers, config);
    }

    public async Task<Descriptor> AssembleIndexAsync(IReadOnlyList<BuiltImage> images, CancellationToken cancellation)
    {
        var index = new ImageIndex
        {
            Manifests = [.. images.Select(image => image.Manifest with
            {
                Platform = PlatformFields.From(image.Platform),
                Annotations = Annotated(AnnotationPlace.ManifestDescriptor, image.Platform),
            })],
            Annotations = Annotated(AnnotationPlace.Index, null),
        };
        var descriptor = await store.WriteAsync(index.ToJson(), MediaType.Index, cancellation).ConfigureAwait(false);
        return descriptor with { Annotations = Annotated(AnnotationPlace.IndexDescriptor, null) };
    }

    /// <summary>The one platform's manifest as the top of an image, for those who take no index.</summary>
    public Descriptor WithoutIndex(BuiltImage only) => only.Manifest with
    {
        Annotations = Annotated(AnnotationPlace.ManifestDescriptor,
            only.Platform),
    };

    /// <summary>The layer of an image without files: history has an entry for each layer.</summary>
    private IEnumerable<HistoryEntry> OfEmptyLayer(SolvedImage solved) => !solved.IsEmpty ? []
        : [new HistoryEntry { Created = Created, CreatedBy = "FROM scratch", Comment = "manifold" }];

    private HistoryEntry ToHistory(PlannedHistory entry, SolvedImage solved) => new()
    {
        Created = Created,
        CreatedBy = entry.CreatedBy,
        Comment = "manifold",
        EmptyLayer = entry.Step is not null && solved.StepsWithLayer.Contains(entry.Step.Digest) ? null : true,
    };

    private ImmutableSortedDictionary<string, string>? Annotated(AnnotationPlace place, Platform? platform)
    {
        var chosen = annotations
            .Where(annotation => annotation.Place == place && (annotation.Platform is null || annotation.Platform == platform))
            .GroupBy(annotation => annotation.Key, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        return chosen.IsEmpty ? null : chosen;
    }
}
