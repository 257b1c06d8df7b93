using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Building.Units;

/// <summary>A shard, and the file that it was read from.</summary>
internal sealed record ShardFile(string Path, Shard Shard);

/// <summary>Shards that are to be merged into one image.</summary>
internal sealed record MergeRequest
{
    public required ImmutableArray<ShardFile> Shards { get; init; }

    /// <summary>What the image must have when all are joined, in the index's order; empty where nobody says.</summary>
    public ImmutableArray<Platform> Expected { get; init; } = [];

    /// <summary>Keeps the platforms that the tag has and the shards have not.</summary>
    public bool Append { get; init; }

    /// <summary>Annotations of the index, and of its entries.</summary>
    public ImmutableArray<Annotation> Annotations { get; init; } = [];

    /// <summary>How it is published; the targets are the shards'.</summary>
    public required PublicationRequest Publication { get; init; }
}

/// <summary>Joins platforms that were built on different machines to one image, and publishes it.</summary>
/// <remarks>
/// <code>
/// 1  join        the shards' targets agree; each platform once; none is missing
/// 2  preflight   of the tags, as of every publication
/// 3  look        every manifest is still in every repository
/// 4  append      what the tags have besides, if asked for
/// 5  index       over all; published as everything is: by digest, then all tags together
/// </code>
/// The same shards give the same index, in whatever order they are named.
/// </remarks>
internal sealed class ShardMerge(PublishingTools tools)
{
    /// <exception cref="UsageException">The shards do not fit together.</exception>
    /// <exception cref="PublicationRefusedException">What they name is gone, or a tag may not be moved. No tag was written.</exception>
    public async Task<Publication> RunAsync(
        MergeRequest request, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        // 1
        var (targets, entries) = Join(request);
        // 2
        var publisher = new Publisher(tools);
        await publisher.RecoverAsync(cancellation).ConfigureAwait(false);
        var preflight = await publisher.PreflightAsync(request.Publication with { Targets = targets },
            [.. entries.Keys], cancellation).ConfigureAwait(false);
        // 3
        await RequireAsync(request, targets, entries, cancellation).ConfigureAwait(false);
        // 4
        var kept = request.Append ? Kept(preflight, [.. entries.Keys]) : [];
        // 5
        var index = new ImageIndex
        {
            Manifests = [.. Ordered(request, entries).Select(entry => Annotated(request, entry)), .. kept],
            Annotations = IndexAnnotations(request),
        };
        var top = ComposedImage.Content(MediaType.Index, index.ToJson());
        await using var source = ComposedImage.Over(
            new RegistrySource(tools.Registry.OfTargets, tools.Store, targets[0].WithDigest(index.Manifests[0].Digest)), top);
        try
        {
            return await publisher.PublishAsync(source, top.Descriptor, preflight, progress, cancellation).ConfigureAwait(false);
        }
        catch (LostBlobException e)
            when (entries.Where(entry => entry.Value.Image.Manifest.Digest == e.Order.Manifest.Digest)
                .Select(entry => (KeyValuePair<Platform, (ShardFile File, ShardImage Image)>?)entry).FirstOrDefault() is { } entry)
        {
            var blob = $"{e.Repository.Name}@{e.Order.Manifest.Digest}: its blob {e.Order.Blob.Digest}";
            throw new PublicationRefusedException($"merge: {Gone(blob, entry.Key, entry.Value.File, targets)}\nNo tag was written.", e);
        }
    }

    /// <summary>Names the missing content, and how to build it again.</summary>
    private static string Gone(string what, Platform platform, ShardFile file, ImmutableArray<ImageReference> targets) =>
        $"{what} ({platform}, from '{file.Path}') is no longer in the registry, which might have deleted untagged content. "
        + $"Build it again: manifold build --platform {platform} --shard {ShellWord.Quote(file.Path)} "
        + $"-t {string.Join(" -t ", targets.AsEnumerable())} --push CONTEXT";

    private static (ImmutableArray<ImageReference> Targets, Dictionary<Platform, (ShardFile File, ShardImage Image)> Entries) Join(
        MergeRequest request)
    {
        var first = request.Shards[0];
        foreach (var other in request.Shards.Where(other => !other.Shard.Targets.ToHashSet().SetEquals(first.Shard.Targets)))
            throw new UsageException($"merge: '{first.Path}' is for {string.Join(", ", first.Shard.Targets)}"
                + $", and '{other.Path}' is for {string.Join(", ", other.Shard.Targets)}. Build all shards with the same -t.");
        var entries = new Dictionary<Platform, (ShardFile File, ShardImage Image)>();
        foreach (var (file, image) in request.Shards.SelectMany(file => file.Shard.Images.Select(image => (file, image))))
        {
            var platform = Platform.Parse(image.Platform);
            if (!entries.TryAdd(platform, (file, image)) && entries[platform].Image.Manifest.Digest != image.Manifest.Digest)
                throw new UsageException($"merge: '{entries[platform].File.Path}' and '{file.Path}' both have an image for {platform}, "
                    + $"but not the same one: {entries[platform].Image.Manifest.Digest.Short} and {image.Manifest.Digest.Short}. Remove "
                    + "one of them.");
        }
        var missing = request.Expected.Except(entries.Keys).ToList();
        if (missing.Count > 0)
            throw new UsageException($"merge: no shard has {string.Join(", ", missing)}. The shards have: "
                + $"{string.Join(", ", entries.Keys)}. Add the shard, or build it: manifold build --platform {missing[0]} --shard FILE "
                + $"-t {first.Shard.Targets[0]} --push CONTEXT");
        var unexpected = request.Expected.IsEmpty ? [] : entries.Keys.Except(request.Expected).ToList();
        if (unexpected.Count > 0)
            throw new UsageException($"merge: '{entries[unexpected[0]].File.Path}' has {string.Join(", ", unexpected)}, which is not in "
                + "--platform. Add it there, or remove the shard.");
        return ([.. first.Shard.Targets.Select(ImageReference.Parse)], entries);
    }

    private async Task RequireAsync(
        MergeRequest request,
        ImmutableArray<ImageReference> targets,
        Dictionary<Platform, (ShardFile File, ShardImage Image)> entries,
        CancellationToken cancellation)
    {
        var places = from entry in entries from target in targets.DistinctBy(target => target.Name) select (entry, target);
        var gone = (await Task.WhenAll(places.Select(async place =>
        {
            var (platform, (file, image)) = place.entry;
            var name = place.target.WithDigest(image.Manifest.Digest);
            if (await tools.Registry.HeadManifestAsync(name, push: true, cancellation).ConfigureAwait(false) is not null)
                return null;
            return $"merge: {Gone($"{place.target.Name}@{image.Manifest.Digest}", platform, file, targets)}";
        })).ConfigureAwait(false)).OfType<string>().ToList();
        if (gone.Count > 0)
            throw new PublicationRefusedException(string.Join('\n', gone) + "\nNo tag was written.");
    }

    /// <summary>The entries that the tags have besides ours.</summary>
    private static ImmutableArray<Descriptor> Kept(Preflight preflight, ImmutableArray<Platform> ours)
    {
        var kept = preflight.Tags.Where(tag => tag.Platform is null)
            .Select(tag => (tag.Tag, Entries: EntriesOf(tag.Now)
                .Where(entry => entry.Platform?.ToPlatform() is not { } platform || !ours.Contains(platform)).ToImmutableArray()))
            .ToList();
        var differing = kept.FirstOrDefault(
            tag => !tag.Entries.Select(entry => entry.Digest).ToHashSet().SetEquals(kept[0].Entries.Select(entry => entry.Digest)));
        if (differing is { Tag: { } other })
            throw new UsageException($"merge --append: {kept[0].Tag} and {other} have different images for other platforms, so they "
                + "cannot be merged into one image. Append to one of them, and push the result to the other.");
        return kept is [var first, ..] ? first.Entries : [];
    }

    private static IEnumerable<Descriptor> EntriesOf(TagState? now) => now switch
    {
        null => [],
        { Content.Descriptor: var top } when MediaType.IsIndex(top.MediaType) => ImageIndex.Parse(now.Content.Bytes.Span).Manifests,
        { Platforms: [var only] } => [now.Content.Descriptor with { Platform = PlatformFields.From(only) }],
        _ => [],
    };

    private static IEnumerable<(Platform Platform, Descriptor Entry)> Ordered(
        MergeRequest request, Dictionary<Platform, (ShardFile File, ShardImage Image)> entries) =>
        (request.Expected.IsEmpty
            ? entries.Keys.OrderBy(platform => platform.ToString(), StringComparer.Ordinal)
            : request.Expected.AsEnumerable())
        .Select(platform => (platform, entries[platform].Image.Manifest with { Platform = PlatformFields.From(platform) }));

    private static Descriptor Annotated(MergeRequest request, (Platform Platform, Descriptor Entry) entry)
    {
        var chosen = request.Annotations
            .Where(each => each.Place == AnnotationPlace.ManifestDescriptor && (each.Platform is null || each.Platform == entry.Platform))
            .ToList();
        return chosen.Count == 0 ? entry.Entry : entry.Entry with
        {
            Annotations = (entry.Entry.Annotations ?? ImmutableSortedDictionary<string, string>.Empty)
                .SetItems(chosen.Select(each => KeyValuePair.Create(each.Key, each.Value))),
        };
    }

    private static ImmutableSortedDictionary<string, string>? IndexAnnotations(MergeRequest request)
    {
        var all = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        var asked = request.Annotations.Where(each => each.Place == AnnotationPlace.Index)
            .ToDictionary(each => each.Key, each => each.Value);
        foreach (var (file, key, value) in request.Shards.SelectMany(
            file => (file.Shard.Annotations ?? all).Select(pair => (file, pair.Key, pair.Value))))
        {
            if (!asked.ContainsKey(key) && all.TryGetValue(key, out var other) && other != value)
                throw new UsageException($"merge: the shards have different values for the index annotation '{key}', '{other}' and "
                    + $"'{value}' ('{file.Path}'). Choose one with --annotation {key}=VALUE.");
            all = all.SetItem(key, value);
        }
        all = all.SetItems(asked);
        return all.IsEmpty ? null : all;
    }
}
