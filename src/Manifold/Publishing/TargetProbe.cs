using System.Collections.Immutable;
using System.Net;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>
/// Asks repositories and tags what a publication would meet.
/// Leaves nothing behind: an upload that is begun to see whether we may is taken back.
/// </summary>
/// <param name="surveys">Also asks for what only a plan shows: media types, referrers.</param>
internal sealed class TargetProbe(RegistryClient registry, Store store, bool surveys = false)
{
    private readonly RegistryClient client = registry.OfTargets;
    private readonly Puller puller = new(registry.OfTargets, store, new BlobOrigins(store));

    /// <summary>All targets at once. Trouble with a repository is part of the answer.</summary>
    public async Task<Preflight> AskAsync(PublicationRequest request, ImmutableArray<Platform> platforms, CancellationToken cancellation)
    {
        var tags = request.TagsFor(platforms);
        var repositories = await Task.WhenAll(request.Targets.GroupBy(target => target.Name)
            .Select(group =>
                AskAsync(group.First(), [.. tags.Where(tag => tag.Tag.Name == group.Key)], platforms, cancellation))).ConfigureAwait(false);
        return new Preflight(
            request, platforms, [.. repositories.Select(answer => answer.Repository)], [.. repositories.SelectMany(answer => answer.Tags)]);
    }

    /// <summary>What a tag stands for; null where it is not there.</summary>
    public async Task<TagState?> ReadTagAsync(ImageReference tag, CancellationToken cancellation)
    {
        if (await client.HeadManifestAsync(tag, push: true, cancellation).ConfigureAwait(false) is not { } now)
            return null;
        try
        {
            // What is written is never another name than the one that was given.
            var image = await puller.ResolveAsync(tag.Qualified().WithDigest(now.Digest), cancellation).ConfigureAwait(false);
            return new TagState(new ManifestContent(image.Top, image.Bytes), [.. image.Platforms]);
        }
        catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound)
        {
            // The registry has lost a part that would tell the platforms. Nobody can pull it, so there is none to lose.
            return await client.GetManifestAsync(tag.WithDigest(now.Digest), cancellation).ConfigureAwait(false) is { } content
                ? new TagState(content, [])
                : null;
        }
        catch (RegistryException e) when (e is { Status: null, Retries: 0 }) // it answered, and what it has is the trouble
        {
            // Something else than an image, such as a chart: it has no platforms to lose, and nobody overwrites it unasked.
            return await client.GetManifestAsync(tag.WithDigest(now.Digest), cancellation).ConfigureAwait(false) is { } content
                ? new TagState(content, [], e.Message) : null;
        }
    }

    /// <summary>The platforms that a tag would lose.</summary>
    /// <param name="platform">The one that it is for, or null for all of <paramref name="platforms"/>.</param>
    public static ImmutableArray<Platform> Losing(TagState? now, Platform? platform, ImmutableArray<Platform> platforms) =>
        now is null ? [] : [.. now.Platforms.Except(platform is null ? platforms : [platform])];

    private async Task<(RepositoryState Repository, ImmutableArray<TargetState> Tags)> AskAsync(
        ImageReference repository,
        ImmutableArray<(ImageReference Tag, Platform? Platform)> tags,
        ImmutableArray<Platform> platforms,
        CancellationToken cancellation)
    {
        try
        {
            var (refusal, ending) = await client.BeginProbeAsync(repository, cancellation).ConfigureAwait(false);
            if (refusal is not null)
                return (new RepositoryState { Name = repository.Name, Problem = refusal }, []);
            try
            {
                var asking = StatesAsync(tags, platforms, cancellation);
                var known = surveys ? await SurveyAsync(repository, asking, cancellation).ConfigureAwait(false)
                    : new RepositoryState { Name = repository.Name };
                return (known, await asking.ConfigureAwait(false));
            }
            finally
            {
                await ending.ConfigureAwait(false);
            }
        }
        catch (ManifoldException e)
        {
            return (new RepositoryState { Name = repository.Name, Problem = e }, []);
        }
    }

    private async Task<ImmutableArray<TargetState>> StatesAsync(
        ImmutableArray<(ImageReference Tag, Platform? Platform)> tags, ImmutableArray<Platform> platforms,
        CancellationToken cancellation) =>
        [.. await Task.WhenAll(tags.Select(async tag =>
        {
            var now = await ReadTagAsync(tag.Tag, cancellation).ConfigureAwait(false);
            return new TargetState(tag.Tag, tag.Platform, now, Losing(now, tag.Platform, platforms));
        })).ConfigureAwait(false)];

    private async Task<RepositoryState> SurveyAsync(
        ImageReference repository, Task<ImmutableArray<TargetState>> asking, CancellationToken cancellation)
    {
        var exists = client.HasRepositoryAsync(repository, cancellation);
        var referrers = client.HasReferrersApiAsync(repository, cancellation);
        await Task.WhenAll(asking, exists, referrers).ConfigureAwait(false);
        var has = (await asking.ConfigureAwait(false)).Select(state => state.Now).OfType<TagState>().ToList();
        var hasZstd = await HasZstdAsync(repository, has.FirstOrDefault(now => now.Oddity is null), cancellation).ConfigureAwait(false);
        return new RepositoryState
        {
            Name = repository.Name,
            Exists = await exists.ConfigureAwait(false),
            HasReferrersApi = await referrers.ConfigureAwait(false),
            AcceptsIndex = has.Any(now => MediaType.IsIndex(now.Content.Descriptor.MediaType)) ? true : null,
            AcceptsZstd = hasZstd ? true : null,
        };
    }

    /// <summary>
    /// Whether what a tag has now is compressed so. There is no other way to know: to try it would leave something behind.
    /// </summary>
    private async Task<bool> HasZstdAsync(ImageReference repository, TagState? now, CancellationToken cancellation)
    {
        try
        {
            var manifest = now?.Content;
            if (manifest is not null && MediaType.IsIndex(manifest.Descriptor.MediaType))
                manifest = ImageIndex.Parse(manifest.Bytes.Span).Images
                    .FirstOrDefault(entry => MediaType.IsManifest(entry.MediaType)) is { } first
                    ? await client.GetManifestAsync(repository.WithDigest(first.Digest), cancellation).ConfigureAwait(false) : null;
            return manifest is not null && MediaType.IsManifest(manifest.Descriptor.MediaType)
                && Manifest.Parse(manifest.Bytes.Span).Layers.Any(layer => layer.MediaType == MediaType.LayerZstd);
        }
        catch (DocumentException)
        {
            return false; // it tells nothing, and gives way to what is pushed
        }
    }
}
