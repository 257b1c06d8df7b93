using System.Collections.Immutable;
using System.Globalization;
using System.IO.Enumeration;
using System.Net;
using Manifold.Concurrency;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Images;

/// <summary>Reads what the tags of a repository name. No layer is fetched.</summary>
/// <remarks>
/// <code>
/// the tag            1  index or manifest
/// its manifests      2  each once, however many tags name it
/// the first config   3  if no annotation states the time, or no descriptor the platform
/// </code>
/// A tag that cannot be read does not end the listing. A registry that refuses the account, or that limits the requests, does.
/// </remarks>
internal sealed class TagListing(RegistryClient client, ImageReference repository)
{
    private const string CreatedAnnotation = "org.opencontainers.image.created";

    // These answers concern all requests that follow.
    private static readonly HttpStatusCode?[] Refusals =
        [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.TooManyRequests];

    private readonly SharedWork<Digest, ManifestContent?> manifests = new();
    private readonly SharedWork<Digest, ReadOnlyMemory<byte>> configs = new();

    /// <summary>The tags to show, in <see cref="TagOrder"/>.</summary>
    /// <param name="pattern">With <c>*</c> and <c>?</c>; null for all tags.</param>
    /// <param name="attached">Whether to include the tags of signatures, SBOMs and lists of referrers.</param>
    public static ImmutableArray<string> Choose(IEnumerable<string> tags, string? pattern, bool attached) =>
    [
        .. tags.Where(tag => (attached || !TaggedManifest.IsTag(tag))
            && (pattern is null || FileSystemName.MatchesSimpleExpression(pattern, tag, ignoreCase: false)))
            .Order(TagOrder.HighestFirst),
    ];

    /// <summary>Reads the tags in parallel, and returns them in the order given.</summary>
    /// <param name="onRead">Called after each tag, from several threads.</param>
    /// <exception cref="RegistryException">The registry refuses all further requests, or no tag could be read.</exception>
    public async Task<ImmutableArray<ListedTag>> ReadAsync(
        ImmutableArray<string> tags, Action? onRead = null, CancellationToken cancellation = default)
    {
        var listed = new ListedTag[tags.Length];
        var problems = new ManifoldException?[tags.Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, tags.Length), Puller.ParallelOptions(client, cancellation), async (i, token) =>
        {
            (listed[i], problems[i]) = await TryReadAsync(tags[i], token).ConfigureAwait(false);
            onRead?.Invoke();
        }).ConfigureAwait(false);
        return Array.TrueForAll(listed, tag => tag.Top is null) && problems.FirstOrDefault(each => each is not null) is { } first
            ? throw first : [.. listed];
    }

    private async Task<(ListedTag Tag, ManifoldException? Problem)> TryReadAsync(string name, CancellationToken cancellation)
    {
        var tag = new ListedTag(name);
        try
        {
            var reference = repository.WithTag(name);
            var top = await client.GetManifestAsync(reference, cancellation).ConfigureAwait(false)
                ?? throw Missing(reference, "the registry lists the tag but does not have its manifest.");
            tag = tag with { Top = top.Descriptor };
            return (MediaType.IsIndex(top.Descriptor.MediaType)
                ? await IndexAsync(tag, top, cancellation).ConfigureAwait(false)
                : await ManifestAsync(tag, top, cancellation).ConfigureAwait(false), null);
        }
        catch (ManifoldException e) when (IsOfOneTag(e))
        {
            return (tag with { Problem = e.Message }, e);
        }
    }

    private async Task<ListedTag> ManifestAsync(ListedTag tag, ManifestContent top, CancellationToken cancellation)
    {
        var manifest = DocumentReading.Parse(PlaceOf(tag), top.Descriptor, top.Bytes, Manifest.Parse);
        tag = tag with { Size = SizeOf(Parts(top.Descriptor, manifest)) };
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            return tag with { ArtifactType = manifest.ArtifactType ?? manifest.Config.MediaType, Created = Stated(manifest.Annotations) };
        tag = tag with { Platforms = [new ListedPlatform(null, top.Descriptor.Digest, tag.Size)] };
        try
        {
            var config = await ConfigAsync(tag, manifest.Config, cancellation).ConfigureAwait(false);
            return tag with
            {
                Platforms = [new ListedPlatform(config.Platform, top.Descriptor.Digest, tag.Size)],
                Created = Stated(manifest.Annotations) ?? Sensible(config.Created),
            };
        }
        catch (ManifoldException e) when (IsOfOneTag(e))
        {
            return tag with { Problem = e.Message };
        }
    }

    private async Task<ListedTag> IndexAsync(ListedTag tag, ManifestContent top, CancellationToken cancellation)
    {
        var place = PlaceOf(tag);
        var index = DocumentReading.Parse(place, top.Descriptor, top.Bytes, ImageIndex.Parse);
        var tree = await ImageTree.ReadAsync(top.Descriptor, IndexOfAsync, () => place).ConfigureAwait(false);
        var images = tree.Images.ToImmutableArray();
        tag = tag with
        {
            Platforms = [.. images.Select(entry => new ListedPlatform(entry.Platform?.ToPlatform(), entry.Digest, null))],
            ArtifactType = images.IsEmpty ? index.ArtifactType ?? top.Descriptor.MediaType : null,
            Created = Stated(index.Annotations),
        };
        Manifest[] read;
        try
        {
            read = await FirstFailure.WhenAllAsync(images, client.Options.Concurrency,
                (entry, token) => ReadDocumentAsync(place, entry, Manifest.Parse, token), cancellation).ConfigureAwait(false);
        }
        catch (ManifoldException e) when (IsOfOneTag(e))
        {
            return tag with { Problem = e.Message };
        }
        var parts = images.Zip(read, (entry, manifest) => Parts(entry, manifest).ToList()).ToList();
        tag = tag with
        {
            Size = SizeOf(parts.SelectMany(part => part).Concat(tree.Indexes)),
            Platforms = [.. tag.Platforms.Zip(parts, (platform, part) => platform with { Size = SizeOf(part) })],
        };
        return tag.Created is not null || read.Length == 0 ? tag
            : tag with
            {
                Created = Stated(read[0].Annotations) ?? await CreatedAsync(tag, read[0], cancellation).ConfigureAwait(false),
            };

        async Task<ImageIndex> IndexOfAsync(Descriptor entry) => entry.Digest == top.Descriptor.Digest ? index
            : await ReadDocumentAsync(place, entry, ImageIndex.Parse, cancellation).ConfigureAwait(false);
    }

    private async Task<T> ReadDocumentAsync<T>(
        ImageLocation place, Descriptor entry, Func<ReadOnlySpan<byte>, T> parse, CancellationToken cancellation) =>
        DocumentReading.Parse(place, entry, (await GetAsync(entry, cancellation).ConfigureAwait(false)).Bytes, parse);

    private async Task<ManifestContent> GetAsync(Descriptor entry, CancellationToken cancellation)
    {
        var reference = repository.WithDigest(entry.Digest);
        var content = await manifests.GetAsync(entry.Digest, token => client.GetManifestAsync(reference, token), cancellation)
            .ConfigureAwait(false);
        return content ?? throw Missing(reference, "an index lists this manifest, but the registry does not have it.");
    }

    private async Task<DateTimeOffset?> CreatedAsync(ListedTag tag, Manifest manifest, CancellationToken cancellation)
    {
        if (!MediaType.IsConfig(manifest.Config.MediaType))
            return null;
        try
        {
            return Sensible((await ConfigAsync(tag, manifest.Config, cancellation).ConfigureAwait(false)).Created);
        }
        catch (ManifoldException e) when (IsOfOneTag(e))
        {
            return null; // 'manifold inspect' reports a lost or broken config; a list of tags is complete without it
        }
    }

    private async Task<ImageConfig> ConfigAsync(ListedTag tag, Descriptor config, CancellationToken cancellation)
    {
        var bytes = await configs.GetAsync(config.Digest, token => DocumentReading.FetchAsync(client, repository, config, Broken, token),
            cancellation).ConfigureAwait(false);
        return DocumentReading.Parse(PlaceOf(tag), config, bytes, ImageConfig.Parse);

        ContentMismatchException Broken(string what) => new($"Reading '{config.Digest.Short}' of '{repository.Name}': {what}");
    }

    /// <summary>Whether the failure says nothing about the other tags.</summary>
    private static bool IsOfOneTag(ManifoldException e) =>
        e is ContentMismatchException || (e is RegistryException { Status: var status } && !Refusals.Contains(status));

    private ImageLocation PlaceOf(ListedTag tag) => ImageLocation.InRegistry(repository.WithTag(tag.Tag));

    private static IEnumerable<Descriptor> Parts(Descriptor descriptor, Manifest manifest) =>
        [descriptor, manifest.Config, .. manifest.Layers];

    private static long SizeOf(IEnumerable<Descriptor> parts) => parts.DistinctBy(part => part.Digest).Sum(part => part.Size);

    private static DateTimeOffset? Stated(ImmutableSortedDictionary<string, string>? annotations) =>
        annotations?.GetValueOrDefault(CreatedAnnotation) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
            ? Sensible(created) : null;

    private static DateTimeOffset? Sensible(DateTimeOffset? created) => created > DateTimeOffset.UnixEpoch ? created : null;

    private RegistryException Missing(ImageReference reference, string what) =>
        new($"read {reference}: {what} Push the image again.") { Registry = repository.Registry, Status = HttpStatusCode.NotFound };
}
