using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Registry;

namespace Manifold.Solving;

/// <summary>Base images cannot serve a plan: they are not there, or lack a platform. Found before any work.</summary>
/// <param name="exitCode">The gravest of what it is made of: 2 for what the file asks for and is not there, 3 where a registry
/// refuses.</param>
internal sealed class BaseMissingException(string message, int exitCode = 2) : ManifoldException(message)
{
    public override int ExitCode => exitCode;
}

/// <summary>A base that was not found, and why.</summary>
internal sealed record MissingBase(BaseNeed Need, ManifoldException Why)
{
    /// <summary>What the image has instead, where it was found and lacks the platform.</summary>
    public LackingBase? Lacking { get; init; }

    /// <summary>The same said of another instruction that needs it; null where no instruction is named.</summary>
    public Func<BaseNeed, ManifoldException>? Of { get; init; }

    /// <summary>Why another instruction does not have it, which then is the one that is named.</summary>
    public ManifoldException WhyOf(BaseNeed other) => other.Place == Need.Place || Of is null ? Why : Of(other);
}

/// <summary>The bases that were found, and those that were not.</summary>
internal sealed record FoundBases(ImmutableDictionary<(ImageReference, Platform), BaseImage> Images, ImmutableArray<MissingBase> Problems);

/// <summary>Digests that references are held to, whatever their tags say now.</summary>
/// <param name="File">What pins them, for messages.</param>
internal sealed record BasePins(string File, ImmutableDictionary<ImageReference, Digest> Digests);

/// <summary>Finds the images that a plan stands on: the store's own by name, else the registry's.</summary>
/// <remarks>
/// <code>
/// 0  the digest of a lock file    where it pins the reference: nothing else is asked
/// 1  a name of the store's own    unless --pull: what was built or pulled here is what people mean
/// 2  the registry                 one request for a tag; documents by digest come from the store
/// 3  what was found last time     if the registry cannot be reached and not --pull, with a warning
/// </code>
/// Layers are not fetched here.
/// </remarks>
internal sealed class BaseResolver(Puller puller, Store store, TimeProvider time)
{
    private readonly string lastFolder = store.Layout.Bases.Path;

    /// <summary>What is pinned; null where nothing is.</summary>
    public BasePins? Pins { get; init; }

    /// <exception cref="BaseMissingException">Images are missing or lack platforms; all of them in one message.</exception>
    /// <exception cref="RegistryException">A registry refuses, and nothing else is wrong.</exception>
    public async Task<ImmutableDictionary<(ImageReference, Platform), BaseImage>> ResolveAsync(
        ImmutableArray<BaseNeed> needs, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var found = await FindAsync(needs, pull, on, cancellation).ConfigureAwait(false);
        var problems = found.Problems.Select(problem => problem.Why).Distinct().ToList();
        if (problems.Count == 1)
            throw problems[0];
        if (problems.Count > 1)
            throw new BaseMissingException(string.Join('\n', problems.Select(problem => problem.Message)),
                problems.Max(problem => problem.ExitCode));
        return found.Images;
    }

    /// <summary>The same for a caller that may go on without some of them: what was found, and why each of the others was not.</summary>
    public async Task<FoundBases> FindAsync(
        ImmutableArray<BaseNeed> needs, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var found = await Task.WhenAll(needs.GroupBy(need => need.Reference)
            .Select(group => ResolveAsync(group.Key, [.. group], pull, on, cancellation))).ConfigureAwait(false);
        return new FoundBases(
            found.SelectMany(result => result.Images).DistinctBy(image => (image.Reference, image.Platform))
                .ToImmutableDictionary(image => (image.Reference, image.Platform)),
            [.. found.SelectMany(result => result.Problems)]);
    }

    private async Task<(List<BaseImage> Images, List<MissingBase> Problems)> ResolveAsync(
        ImageReference reference, ImmutableArray<BaseNeed> needs, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        try
        {
            var (resolved, origin) = await FindAsync(reference, pull, on, cancellation).ConfigureAwait(false);
            var found = await Task.WhenAll(needs.Select(async need => (Need: need,
                Image: await puller.GetImageAsync(resolved, need.Platform, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
            return (
                [.. from each in found where each.Image is not null
                    select new BaseImage(reference, each.Need.Platform, each.Image.Descriptor, each.Image.Manifest, each.Image.Config)
                    {
                        Origin = origin,
                        Top = resolved.Top.Digest,
                        FoundAs = Found(reference, resolved),
                    }],
                [.. from each in found where each.Image is null
                    select new MissingBase(each.Need, Lacks(each.Need))
                    {
                        Of = Lacks,
                        Lacking = new LackingBase(each.Need, [.. resolved.Platforms], MediaType.IsIndex(resolved.Top.MediaType)),
                    }]);

            BaseMissingException Lacks(BaseNeed need) =>
                new($"FROM {reference} ({need.Place.File}:{need.Place.Line}): there is no image for {need.Platform}. "
                    + $"It has: {string.Join(", ", resolved.Platforms)}.");
        }
        catch (RegistryException e)
        {
            var why = Refused(needs[0]);
            return ([], [.. needs.Select(need => new MissingBase(need, why) { Of = Refused })]);

            RegistryException Refused(BaseNeed need)
            {
                var advice = need.Hint is { } hint ? $" {hint} It is the name of a stage." : "";
                return new RegistryException($"{e.Message} (requested by {need.Place.File}:{need.Place.Line}.{advice})", e)
                {
                    Registry = e.Registry,
                    Status = e.Status,
                    Code = e.Code,
                };
            }
        }
        catch (ManifoldException e)
        {
            return ([], [.. needs.Select(need => new MissingBase(need, e))]);
        }
    }

    private async Task<(ResolvedImage Image, BaseOrigin Origin)> FindAsync(
        ImageReference reference, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 0
        if (Pins?.Digests.TryGetValue(reference, out var pinned) is true)
            return (await FindPinnedAsync(reference, pinned, Pins.File, cancellation).ConfigureAwait(false), BaseOrigin.Locked);
        // 1
        if (!pull && puller.Local.FindMeant(reference) is var (named, target))
            return (await puller.ResolveAsync(named.WithDigest(target.Digest), cancellation).ConfigureAwait(false), BaseOrigin.Store);
        try
        {
            // 2
            var resolved = await puller.ResolveAsync(reference, cancellation).ConfigureAwait(false);
            Remember(reference, resolved.Top.Digest);
            return (resolved, resolved.IsFromRegistry ? BaseOrigin.Registry : BaseOrigin.Store);
        }
        catch (RegistryException e) when (!pull && e.Status is null && Remembered(reference) is { } last)
        {
            // 3
            on(new Warned($"{e.Message} Using the digest that '{reference}' had last time: {last}.") { Time = time.GetUtcNow() });
            return (await puller.ResolveAsync(reference.WithDigest(last), cancellation).ConfigureAwait(false), BaseOrigin.LastTime);
        }
    }

    private static ImageReference Found(ImageReference asked, ResolvedImage resolved) => resolved.Reference.Name == asked.Name ? asked
        : asked.Tag is { } tag ? resolved.Reference.WithTag(tag) : resolved.Reference;

    private async Task<ResolvedImage> FindPinnedAsync(ImageReference reference, Digest digest, string file, CancellationToken cancellation)
    {
        try
        {
            return await puller.ResolveAsync(reference.WithDigest(digest), cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.Status is System.Net.HttpStatusCode.NotFound)
        {
            throw new RegistryException($"{file} pins '{reference}' to {digest}, which its registry no longer has. Update it with: "
                + "manifold lock --update", e)
            {
                Registry = e.Registry,
                Status = e.Status,
                Code = e.Code,
            };
        }
    }

    private void Remember(ImageReference reference, Digest digest)
    {
        if (Remembered(reference) == digest)
            return;
        Directory.CreateDirectory(lastFolder);
        Store.ReplaceFile(LastFile(reference), System.Text.Encoding.ASCII.GetBytes(digest.ToString()));
    }

    private Digest? Remembered(ImageReference reference) =>
        File.Exists(LastFile(reference)) && Digest.TryParse(File.ReadAllText(LastFile(reference)), out var digest) ? digest : null;

    private string LastFile(ImageReference reference) => Path.Combine(lastFolder, Digest.Of(reference.ToString()).Hex);
}
