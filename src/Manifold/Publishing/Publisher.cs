using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Solving.Steps;

namespace Manifold.Publishing;

/// <summary>What publications are made of.</summary>
internal sealed record PublishingTools(Store Store, RegistryClient Registry, TimeProvider Time)
{
    /// <summary>Gets what people should know and what stops nothing.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Whether a preflight asks repositories also for what a plan shows and no publication needs.</summary>
    public bool Surveys { get; init; }

    /// <summary>
    /// Images that are sent at once and share a blob: the second repository of a registry waits, and mounts what the first got.
    /// </summary>
    internal Turns<(string Registry, Digest Blob)> Sending { get; } = new();

    /// <summary>
    /// The time at which the current publication saw a manifest or a blob in a repository. Content is sent before documents are
    /// attached, and checked again before the tags.
    /// </summary>
    internal ConcurrentDictionary<(string Repository, Digest Content), DateTimeOffset> Arrived { get; } = new();
}

/// <summary>An image that is to be published, and what its targets answered before the work.</summary>
internal sealed record PreparedImage(IImageSource Source, Descriptor Top, Preflight Preflight);

/// <summary>
/// Publishes an image of any source under any number of names, so that no reader ever meets a name whose content is not there.
/// </summary>
/// <remarks>
/// <code>
/// targets     1  Preflight        reachable, may we push, what has each tag now, what would it lose?   (before any work)
/// content     2  ContentTransfer  what is missing: blobs, manifests by digest, the index by digest; each looked at afterwards
/// tags        3  TagSwitch        read again, journalled, all written together, or all put back
/// </code>
/// Repositories of one registry are served one after the other, so that the second mounts what the first got; registries at once.
/// Idempotent: published again, it asks for every manifest, and sends only what the registry has lost. What a killed publication left of
/// its tags is ended by the next, at its begin. The caller holds the store's shared lock. See docs/publishing.md for what is promised.
/// </remarks>
internal sealed class Publisher(PublishingTools tools)
{
    /// <summary>
    /// What would stand in the way. Nothing is written, and nothing is refused: that is <see cref="Preflight.OrThrow"/>'s.
    /// </summary>
    public Task<Preflight> PreflightAsync(
        PublicationRequest request, ImmutableArray<Platform> platforms, CancellationToken cancellation = default) =>
        new TargetProbe(tools.Registry, tools.Store, tools.Surveys).AskAsync(request, platforms, cancellation);

    /// <summary>Ends what killed publications left. Belongs before a preflight whose answers are to be relied on.</summary>
    public async Task RecoverAsync(CancellationToken cancellation = default)
    {
        using var alone = await tools.Store.LockPublicationsAsync(cancellation).ConfigureAwait(false);
        await new Recovery(tools, new PublicationJournal(tools.Store)).RunAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc cref="PublishAsync(IImageSource, Descriptor, Preflight, IProgress{TransferProgress}?, CancellationToken)"/>
    public async Task<Publication> PublishAsync(
        IImageSource source, Descriptor top, PublicationRequest request,
        IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        CheckDigests(request, top);
        await RecoverAsync(cancellation).ConfigureAwait(false);
        var entries = await ImagePlatforms.ReadAsync(source, top, cancellation).ConfigureAwait(false);
        var tags = request.TagsFor(Platforms(entries)).Select(tag => Named(tag, top, entries)).ToImmutableArray();
        if (tags.Length > 0
            && request.Targets.All(target => target.Tag is not null)
            && await AreThereAsync(tags, cancellation).ConfigureAwait(false))
        {
            var scrutiny = new Scrutiny(IsPublished: true, AsksForBlobs: request.CheckAll, ReadsBlobs: request.CheckAll);
            var sent = await SendAsync((source, [top]), request, _ => scrutiny, progress, cancellation).ConfigureAwait(false);
            tools.Arrived.Clear();
            return new Publication { Top = top, Tags = tags, Transfers = sent };
        }
        var preflight = await PreflightAsync(request, Platforms(entries), cancellation).ConfigureAwait(false);
        return await PublishAsync(source, top, preflight, progress, cancellation).ConfigureAwait(false);
    }

    /// <param name="preflight">What was found before the work; a tag that differs from it at the end is not overwritten.</param>
    /// <exception cref="PublicationRefusedException">A tag may not be moved. None was.</exception>
    /// <exception cref="PublicationFailedException">A tag could not be written; the message says how each one stands.</exception>
    /// <exception cref="RegistryException">A registry refused or broke before that. No tag was written.</exception>
    public async Task<Publication> PublishAsync(
        IImageSource source, Descriptor top, Preflight preflight,
        IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default) =>
        (await PublishAllAsync([new PreparedImage(source, top, preflight)], progress, cancellation).ConfigureAwait(false))[0];

    /// <summary>
    /// Publishes several images as one: the content of all, then the tags of all together. In the order of <paramref name="images"/>.
    /// </summary>
    /// <inheritdoc cref="PublishAsync(IImageSource, Descriptor, Preflight, IProgress{TransferProgress}?, CancellationToken)"/>
    public async Task<ImmutableArray<Publication>> PublishAllAsync(
        ImmutableArray<PreparedImage> images, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        // 1
        var platforms = await FirstFailure.WhenAllAsync(images, CheckAsync, cancellation).ConfigureAwait(false);
        // 2
        var transfers = await FirstFailure.WhenAllAsync(
            images, (image, token) => SendAsync(image, progress, token), cancellation).ConfigureAwait(false);
        // 3
        var tags = images
            .Zip(platforms, (image, entries) =>
                image.Preflight.Request.TagsFor(Platforms(entries)).Select(tag => Named(tag, image.Top, entries)).ToImmutableArray())
            .ToList();
        var moves = await Task.WhenAll(tags.SelectMany(
            (each, i) => each.Select(tag => MoveAsync(images[i], tag, Platforms(platforms[i]), cancellation)))).ConfigureAwait(false);
        if (moves.Length > 0)
            await new TagSwitch(tools, images[0].Preflight.Request).RunAsync([.. moves], cancellation).ConfigureAwait(false);
        // The next publication asks for itself; content that was sent without its tags is the first half of one.
        if (!images.Any(image => image.Preflight.Request.WithoutTags))
            tools.Arrived.Clear();
        return [.. images.Select((image, i) => new Publication { Top = image.Top, Tags = tags[i], Transfers = transfers[i] })];
    }

    /// <summary>
    /// Sends an image's content to where it will be published, and touches no tag.
    /// A second call sends only content lost since.
    /// </summary>
    public async Task<Transfers> SendAsync(
        PreparedImage image, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var request = image.Preflight.Request;
        var entries = await ImagePlatforms.ReadAsync(image.Source, image.Top, cancellation).ConfigureAwait(false);
        var roots = request.WithoutTags ? entries.Select(entry => entry.Manifest).ToImmutableArray() : [image.Top];
        return await SendAsync((image.Source, roots), request, repository => ScrutinyOf(image, entries, repository),
            progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// The depth of the check that a repository needs. Blobs are checked if a tag is to be written,
    /// because the registry may have lost them.
    /// </summary>
    public static async Task<Scrutiny> ScrutinyAsync(PreparedImage image, ImageReference repository,
        CancellationToken cancellation = default) =>
        ScrutinyOf(image, await ImagePlatforms.ReadAsync(image.Source, image.Top, cancellation).ConfigureAwait(false), repository);

    private static Scrutiny ScrutinyOf(PreparedImage image, ImmutableArray<PlatformEntry> entries, ImageReference repository)
    {
        var tags = image.Preflight.Tags.Where(tag => tag.Tag.Name == repository.Name).ToList();
        var named = tags.Count(tag => tag.Now is { } now
            && (tag.Platform is null
                ? image.Top.Digest == now.Digest
                : entries.Any(entry => entry.Platform == tag.Platform && entry.Manifest.Digest == now.Digest)));
        var (all, isNew) = (image.Preflight.Request.CheckAll, tags.Count == 0 || named < tags.Count);
        return new Scrutiny(IsPublished: named > 0, AsksForBlobs: all || isNew, ReadsBlobs: all);
    }

    /// <summary>Refuses what the preflight or the request speaks against, now that the image's platforms are known.</summary>
    private static async Task<ImmutableArray<PlatformEntry>> CheckAsync(PreparedImage image, CancellationToken cancellation)
    {
        CheckDigests(image.Preflight.Request, image.Top);
        var entries = await ImagePlatforms.ReadAsync(image.Source, image.Top, cancellation).ConfigureAwait(false);
        var platforms = Platforms(entries);
        (image.Preflight with
        {
            Tags = [.. image.Preflight.Tags.Select(tag => tag with { Losing = TargetProbe.Losing(tag.Now, tag.Platform, platforms) })],
        })
            .OrThrow();
        return entries;
    }

    /// <summary>Whoever names a digest means that content and no other.</summary>
    private static void CheckDigests(PublicationRequest request, Descriptor top)
    {
        if (request.Targets.FirstOrDefault(target => target.Digest is { } digest && digest != top.Digest) is { } other)
            throw new UsageException($"push {other}: the image has the digest {top.Digest}, not the one in the name. Remove the digest "
                + "from the name, or push the image that has it.");
    }

    private async Task<bool> AreThereAsync(ImmutableArray<PublishedTag> tags, CancellationToken cancellation)
    {
        var digests = await Task.WhenAll(
            tags.Select(tag => tools.Registry.HeadManifestAsync(tag.Reference, push: true, cancellation))).ConfigureAwait(false);
        return tags.Zip(digests).All(pair => pair.First.Target.Digest == pair.Second?.Digest);
    }

    private async Task<Transfers> SendAsync(
        (IImageSource Source, ImmutableArray<Descriptor> Roots) image, PublicationRequest request, Func<ImageReference, Scrutiny> scrutiny,
        IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        var registries = request.Targets.DistinctBy(target => target.Name).GroupBy(target => target.Registry);
        var sent = await FirstFailure.WhenAllAsync(registries, async (registry, token) =>
        {
            var done = Transfers.None;
            foreach (var repository in registry)
            {
                var transfer = new ContentTransfer(tools, image.Source, repository, progress);
                await transfer.SendAsync(image.Roots, scrutiny(repository), token).ConfigureAwait(false);
                Tell(repository, transfer.Done.Restored);
                done += transfer.Done;
            }
            return done;
        }, cancellation).ConfigureAwait(false);
        return sent.Aggregate(Transfers.None, (sum, one) => sum + one);
    }

    private void Tell(ImageReference repository, int restored)
    {
        if (restored > 0)
            tools.Warn(
                $"push {repository.Name}: the registry had lost {(restored == 1 ? "a part" : $"{restored} parts")} (manifests, "
                    + $"blobs) of this image. {(restored == 1 ? "It was" : "They were")} sent again.");
    }

    private async Task<TagMove> MoveAsync(
        PreparedImage image, PublishedTag tag, ImmutableArray<Platform> platforms, CancellationToken cancellation)
    {
        var document = await image.Source.ReadDocumentAsync(tag.Target, cancellation).ConfigureAwait(false);
        // A platform that the plan did not know of: its tag is looked at now.
        var planned = image.Preflight.Tags.FirstOrDefault(state => state.Tag == tag.Reference)
            ?? new TargetState(tag.Reference, tag.Platform,
                await new TargetProbe(tools.Registry, tools.Store).ReadTagAsync(tag.Reference, cancellation).ConfigureAwait(false), []);
        return new TagMove(planned, new ManifestContent(tag.Target, document), platforms);
    }

    private static PublishedTag Named(
        (ImageReference Tag, Platform? Platform) tag, Descriptor top, ImmutableArray<PlatformEntry> entries) =>
        new(tag.Tag, tag.Platform is null ? top : entries.First(entry => entry.Platform == tag.Platform).Manifest, tag.Platform);

    private static ImmutableArray<Platform> Platforms(ImmutableArray<PlatformEntry> entries) =>
        [.. entries.Select(entry => entry.Platform).Distinct()];
}
