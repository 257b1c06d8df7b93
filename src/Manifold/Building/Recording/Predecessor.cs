using Manifold.Content;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Building.Recording;

/// <summary>Reads what a tag stood for before a build, as far as that is worth: digests and sizes of its platforms.</summary>
internal sealed class Predecessor(Store store, RegistryClient? registry)
{
    // A record is no reason to wait for a slow registry at the end of a build.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The registry's, where something is published there; its documents are mostly in the store, since the last build made them.
    /// </summary>
    public async Task<RecordedPredecessor?> OfAsync(Preflight preflight, CancellationToken cancellation)
    {
        if (preflight.Tags.FirstOrDefault(tag => tag.Platform is null) is not { Now: { Oddity: null } now, Tag: var tag })
            return null;
        try
        {
            return await ReadAsync(tag, now.Content, cancellation).WaitAsync(Patience, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ManifoldException or FormatException or TimeoutException)
        {
            return new RecordedPredecessor(tag.ToString(), now.Digest);
        }
    }

    /// <summary>The store's.</summary>
    public async Task<RecordedPredecessor?> OfAsync(ImageReference tag, CancellationToken cancellation)
    {
        try
        {
            return store.Tags.Find(tag) is { } target && store.TryReadDocument(target.Digest) is { } bytes
                ? await new Predecessor(store, null).ReadAsync(tag, new ManifestContent(target, bytes), cancellation).ConfigureAwait(false)
                : null;
        }
        catch (Exception e) when (e is ManifoldException or FormatException)
        {
            return null;
        }
    }

    private async Task<RecordedPredecessor> ReadAsync(ImageReference tag, ManifestContent top, CancellationToken cancellation)
    {
        Descriptor[] manifests = MediaType.IsIndex(top.Descriptor.MediaType)
            ? [.. ImageIndex.Parse(top.Bytes.Span).Images.Where(entry => entry.Platform is not null)]
            : [];
        var platforms = await Task.WhenAll(manifests.Select(async entry =>
            await ReadManifestAsync(tag, entry.Digest, cancellation).ConfigureAwait(false) is { } bytes
                && Manifest.Parse(bytes.Span) is var manifest
                ? new RecordedPredecessorPlatform(entry.Platform!.ToPlatform(), entry.Digest, manifest.Layers.Sum(layer => layer.Size))
                {
                    Layers = [.. manifest.Layers.Select(layer => layer.Digest)],
                }
                : null)).ConfigureAwait(false);
        return new RecordedPredecessor(tag.ToString(), top.Descriptor.Digest)
        {
            Platforms = [.. platforms.OfType<RecordedPredecessorPlatform>()],
        };
    }

    private async Task<ReadOnlyMemory<byte>?> ReadManifestAsync(ImageReference tag, Digest digest, CancellationToken cancellation)
    {
        if (store.TryReadDocument(digest) is { } known)
            return known;
        return registry is null
            ? null
            : (await registry.OfTargets.GetManifestAsync(tag.WithDigest(digest), cancellation).ConfigureAwait(false))?.Bytes;
    }
}
