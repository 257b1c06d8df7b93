using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;

namespace Manifold.Solving;

/// <summary>A base image cannot serve a plan: it is not there, or it lacks a platform. Found before any work.</summary>
public sealed class BaseMissingException(string message) : ManifoldException(message)
{
    public override int ExitCode => 2;
}

/// <summary>Finds the images that a plan stands on: the store's own by name, else the registry's.</summary>
/// <remarks>
/// <code>
/// 1  a name of the store's own    unless --pull: what was built or pulled here is what people mean
/// 2  the registry                 one request for a tag; documents by digest come from the store
/// 3  what was found last time     if the registry cannot be reached and not --pull, with a warning
/// </code>
/// Layers are not fetched here.
/// </remarks>
public sealed class BaseResolver(Puller puller, Store store, TimeProvider time)
{
    private readonly string lastFolder = Path.Combine(store.Root, "cache", "references");

    /// <exception cref="BaseMissingException">Images lack platforms; all of them in one message.</exception>
    public async Task<ImmutableDictionary<(ImageReference, Platform), BaseImage>> ResolveAsync(
        ImmutableArray<BaseNeed> needs, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var found = await Task.WhenAll(needs.GroupBy(need => need.Reference)
            .Select(group => ResolveAsync(group.Key, [.. group], pull, on, cancellation))).ConfigureAwait(false);
        var missing = found.SelectMany(result => result.Missing).ToList();
        if (missing.Count > 0)
            throw new BaseMissingException(string.Join('\n', missing));
        return found.SelectMany(result => result.Images).ToImmutableDictionary(image => (image.Reference, image.Platform));
    }

    private async Task<(List<BaseImage> Images, List<string> Missing)> ResolveAsync(
        ImageReference reference, ImmutableArray<BaseNeed> needs, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        var resolved = await FindAsync(reference, pull, on, cancellation).ConfigureAwait(false);
        var (images, missing) = (new List<BaseImage>(), new List<string>());
        foreach (var need in needs)
        {
            if (await puller.GetImageAsync(resolved, need.Platform, cancellation).ConfigureAwait(false) is { } image)
                images.Add(new BaseImage(reference, need.Platform, image.Descriptor, image.Manifest, image.Config));
            else
                missing.Add($"FROM {reference} ({need.Place.File}:{need.Place.Line}): there is no image for {need.Platform}. It has: {string.Join(", ", resolved.Platforms)}.");
        }
        return (images, missing);
    }

    private async Task<ResolvedImage> FindAsync(ImageReference reference, bool pull, Action<BuildEvent> on, CancellationToken cancellation)
    {
        // 1
        if (!pull && store.Tags.Find(reference) is { } own)
            return await puller.ResolveAsync(reference.WithDigest(own.Digest), cancellation).ConfigureAwait(false);
        try
        {
            // 2
            var resolved = await puller.ResolveAsync(reference, cancellation).ConfigureAwait(false);
            Remember(reference, resolved.Top.Digest);
            return resolved;
        }
        catch (RegistryException e) when (!pull && e.Status is null && Remembered(reference) is { } last)
        {
            // 3
            on(new Warned($"{e.Message} Going on with what '{reference}' was the last time: {last}.") { Time = time.GetUtcNow() });
            return await puller.ResolveAsync(reference.WithDigest(last), cancellation).ConfigureAwait(false);
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
