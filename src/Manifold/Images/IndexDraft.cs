using System.Collections.Immutable;
using System.Net;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>What <c>index annotate</c> changes of an entry; null stays as it is.</summary>
internal sealed record EntryChanges
{
    public string? Os { get; init; }
    public string? Architecture { get; init; }
    public string? Variant { get; init; }
    public string? OsVersion { get; init; }
    public ImmutableArray<string>? OsFeatures { get; init; }

    /// <summary>An empty value takes the annotation away.</summary>
    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>An index in the making: entries from any number of images, in a stable order.</summary>
/// <remarks>
/// <code>
/// 1  AddAsync      a manifest, or an index with all below it; nested indexes are opened
/// 2  Remove, Annotate, AnnotateEntry
/// 3  Compose       the index, and the sources behind it, as one image
/// </code>
/// Each platform stands there once, its variant in normal form. Attestations, which name no platform, follow the image that they are about.
/// Owns the sources that it was given, until <see cref="Compose"/> hands them on. Not thread-safe.
/// </remarks>
internal sealed class IndexDraft : IAsyncDisposable
{
    private sealed record Entry(Descriptor Descriptor, IImageSource Source)
    {
        /// <summary>Null for an attestation and what else is no image.</summary>
        public Platform? Platform => Descriptor.Platform is { Os: not "unknown" } fields ? fields.ToPlatform() : null;

        /// <summary>Two entries are of one platform where clients could not tell them apart.</summary>
        public (Platform?, string?, string) Key =>
            (Platform, Descriptor.Platform?.OsVersion, string.Join(',', Descriptor.Platform?.OsFeatures ?? []));
    }

    private readonly List<Entry> entries = [];
    private readonly Dictionary<Digest, IImageSource> owners = [];
    private readonly List<IImageSource> sources = [];
    private readonly List<ManifestContent> tops = [];
    private ImmutableSortedDictionary<string, string>? annotations;

    /// <summary>The index's platforms, in its order.</summary>
    public IEnumerable<Platform> Platforms => entries.Select(entry => entry.Platform).OfType<Platform>();

    /// <summary>Puts an image's manifests behind those that are there. Takes the source over.</summary>
    /// <param name="replace">A platform that is there already is replaced in its place; else it is an error.</param>
    /// <param name="attestations">Whether entries that are no images are taken too.</param>
    /// <exception cref="UsageException">A platform is there already, or it is no image.</exception>
    public async Task AddAsync(IImageSource source, bool replace, bool attestations, CancellationToken cancellation = default)
    {
        sources.Add(source);
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        tops.Add(top);
        var tree = await ImageTree.ReadAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        foreach (var index in tree.Indexes)
            owners.TryAdd(index.Digest, source);
        var added = new List<Entry>();
        foreach (var manifest in tree.Manifests)
            added.Add(await ReadAsync(source, manifest, cancellation).ConfigureAwait(false));
        foreach (var entry in added.Where(entry => attestations || entry.Platform is not null))
            Place(entry, replace);
    }

    /// <summary>Begins with an index that is there: its entries in their order, and its annotations.</summary>
    public async Task BeginWithAsync(IImageSource source, CancellationToken cancellation = default)
    {
        await AddAsync(source, replace: false, attestations: true, cancellation).ConfigureAwait(false);
        var top = (await source.ResolveAsync(cancellation).ConfigureAwait(false)).Descriptor;
        if (MediaType.IsIndex(top.MediaType))
            annotations = (await source.ReadIndexAsync(top, cancellation).ConfigureAwait(false)).Annotations;
    }

    /// <summary>Takes an entry out, and the attestations about it.</summary>
    /// <param name="which">A platform or a digest.</param>
    /// <exception cref="UsageException">There is none; the message says what there is.</exception>
    public void Remove(string which)
    {
        var removed = Find(which);
        entries.RemoveAll(
            entry => removed.Contains(entry) || removed.Any(image => PlatformSubset.IsAbout(entry.Descriptor, image.Descriptor.Digest)));
    }

    /// <summary>Annotates the index itself. An empty value takes the annotation away.</summary>
    public void Annotate(ImmutableDictionary<string, string> changes) => annotations = Changed(annotations, changes);

    /// <summary>Changes what the index says of an entry; the manifest itself stays as it is.</summary>
    /// <param name="which">A platform or a digest.</param>
    /// <exception cref="UsageException">There is none, or another entry has that platform.</exception>
    public void AnnotateEntry(string which, EntryChanges changes)
    {
        foreach (var entry in Find(which))
        {
            var fields = entry.Descriptor.Platform;
            var changed = entry with
            {
                Descriptor = entry.Descriptor with
                {
                    Annotations = Changed(entry.Descriptor.Annotations, changes.Annotations),
                    Platform = fields is null ? null : Normal(fields with
                    {
                        Os = changes.Os ?? fields.Os,
                        Architecture = changes.Architecture ?? fields.Architecture,
                        Variant = changes.Variant ?? (changes.Architecture is null ? fields.Variant : null),
                        OsVersion = changes.OsVersion ?? fields.OsVersion,
                        OsFeatures = changes.OsFeatures ?? fields.OsFeatures,
                    }),
                },
            };
            if (changed.Platform is not null && entries.Any(other => other != entry && other.Key == changed.Key))
                throw new UsageException($"Another entry already has the platform {changed.Platform}. Remove that entry first: "
                    + "manifold index remove");
            entries[entries.IndexOf(entry)] = changed;
        }
    }

    /// <summary>The index over all entries. The sources go with it.</summary>
    /// <exception cref="UsageException">There is nothing to make an index of.</exception>
    public ComposedImage Compose()
    {
        if (entries.Count == 0)
            throw new UsageException("The index would have no entries. Keep at least one platform.");
        // Docker's manifests alone make a Docker list, as they came in one.
        var type =
            annotations is null && entries.All(entry => entry.Descriptor is { MediaType: MediaType.DockerManifest, Annotations: null })
                ? MediaType.DockerIndex
                : MediaType.Index;
        var json =
            new ImageIndex { MediaType = type, Manifests = [.. entries.Select(entry => entry.Descriptor)], Annotations = annotations }
                .ToJson();
        var content = tops.FirstOrDefault(top => SaysTheSame(top, json)) ?? ComposedImage.Content(type, json);
        var composed = new ComposedImage(content,
            ImmutableDictionary<Digest, ReadOnlyMemory<byte>>.Empty.Add(content.Descriptor.Digest, content.Bytes),
            owners.ToImmutableDictionary(), sources[0]);
        sources.Clear();
        return composed;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in sources)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Entry> ReadAsync(IImageSource source, Descriptor descriptor, CancellationToken cancellation)
    {
        owners.TryAdd(descriptor.Digest, source);
        Manifest manifest;
        try
        {
            manifest = await source.ReadManifestAsync(descriptor, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound && descriptor.Platform is { } said)
        {
            // The registry has lost it, and the index still tells its platform: so it can be taken out, or replaced.
            return new Entry(descriptor with { Platform = Normal(said) }, source);
        }
        foreach (var part in manifest.Layers.Append(manifest.Config))
            owners.TryAdd(part.Digest, source);
        if (await ImagePlatforms.PlatformOfAsync(source, descriptor, cancellation).ConfigureAwait(false) is not { } platform)
            throw new UsageException($"{source.Location} is not a container image (its config has the type "
                + $"'{manifest.Config.MediaType}'), so it has no platform. Only images can be added to an index.");
        return new Entry(descriptor with { Platform = Normal(platform) }, source);
    }

    /// <summary>
    /// Whether an index that is there differs from ours in its spelling only: then its bytes, and so its digest, are kept.
    /// </summary>
    private static bool SaysTheSame(ManifestContent top, byte[] json) =>
        MediaType.IsIndex(top.Descriptor.MediaType) && ImageIndex.Parse(top.Bytes.Span).ToJson().AsSpan().SequenceEqual(json);

    private void Place(Entry entry, bool replace)
    {
        var there = entry.Platform is null
            ? entries.FindIndex(other => other.Descriptor.Digest == entry.Descriptor.Digest)
            : entries.FindIndex(other => other.Key == entry.Key);
        if (there < 0)
            entries.Add(entry);
        else if (entry.Descriptor.Digest == entries[there].Descriptor.Digest)
            return;
        else if (!replace)
            throw new UsageException(
                $"{entries[there].Source.Location} and {entry.Source.Location} both provide {entry.Platform}, but with different digests "
                    + $"({entries[there].Descriptor.Digest} and {entry.Descriptor.Digest}). Add --replace to use the last one, or remove "
                    + "the platform from one of them.");
        else
        {
            var before = entries[there].Descriptor.Digest;
            entries[there] = entry;
            entries.RemoveAll(other => PlatformSubset.IsAbout(other.Descriptor, before));
        }
    }

    private List<Entry> Find(string which)
    {
        List<Entry> found;
        if (Digest.TryParse(which, out var digest))
            found = entries.FindAll(entry => entry.Descriptor.Digest == digest);
        else if (Platform.TryParse(which, out var platform))
            found = entries.FindAll(entry => entry.Platform == platform);
        else
            throw new UsageException($"'{which}' is neither a platform nor a digest.");
        if (found.Count == 0)
            throw new UsageException($"The index has no entry '{which}'. It has: {string.Join(", ", entries.Select(Described))}.");
        return found;
    }

    private static string Described(Entry entry) => $"{entry.Platform?.ToString() ?? "(an attestation)"} {entry.Descriptor.Digest}";

    /// <summary>The platform as everybody spells it; what is unknown stays so.</summary>
    private static PlatformFields Normal(PlatformFields fields) => fields.Os == "unknown" ? fields
        : PlatformFields.From(fields.ToPlatform()) with { OsVersion = fields.OsVersion, OsFeatures = fields.OsFeatures };

    private static ImmutableSortedDictionary<string, string>? Changed(
        ImmutableSortedDictionary<string, string>? before, ImmutableDictionary<string, string> changes)
    {
        var after = (before ?? ImmutableSortedDictionary<string, string>.Empty.WithComparers(StringComparer.Ordinal))
            .SetItems(changes.Where(change => change.Value.Length > 0))
            .RemoveRange(changes.Where(change => change.Value.Length == 0).Select(change => change.Key));
        return after.IsEmpty ? null : after;
    }
}
