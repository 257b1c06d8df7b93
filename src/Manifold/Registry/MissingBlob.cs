using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Fetches what the store knows of and never downloaded: layers of bases, from where they were seen.</summary>
internal sealed class MissingBlob(RegistryClient client, BlobOrigins origins, Store store)
{
    private readonly ConcurrentDictionary<(Digest, string MediaType), ImmutableArray<Descriptor>> below = new();

    /// <summary>Brings a blob into the store that one of the store's images needs; false where none does, or nobody has it.</summary>
    /// <remarks>Costs reading the store's manifests once, and a look at each of their entries afterwards.</remarks>
    public async Task<bool> TryFetchAsync(Digest digest, CancellationToken cancellation)
    {
        if (store.Tags.Roots().Select(root => Find(digest, root, 0)).FirstOrDefault(found => found is not null) is not { } blob)
            return false;
        try
        {
            await FetchAsync(blob, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ManifoldException e) when (e is RegistryException or ContentMismatchException)
        {
            return false;
        }
    }

    private Descriptor? Find(Digest digest, Descriptor root, int depth)
    {
        if (root.Digest == digest)
            return root;
        if (depth > Limits.IndexDepth || !(MediaType.IsIndex(root.MediaType) || MediaType.IsManifest(root.MediaType)))
            return null;
        foreach (var child in Below(root))
        {
            if (Find(digest, child, depth + 1) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>Empty for what is not in the store, or is damaged.</summary>
    private ImmutableArray<Descriptor> Below(Descriptor document)
    {
        if (below.TryGetValue((document.Digest, document.MediaType), out var known))
            return known;
        try
        {
            if (store.TryReadDocument(document.Digest) is not { } bytes)
                return [];
            var entries = MediaType.IsIndex(document.MediaType) ? ImageIndex.Parse(bytes).Manifests
                : Manifest.Parse(bytes) is var manifest ? manifest.Layers.Add(manifest.Config) : [];
            return below[(document.Digest, document.MediaType)] = entries;
        }
        catch (Exception e) when (e is FormatException or ContentMismatchException)
        {
            return [];
        }
    }

    /// <summary>Brings the blob into the store. Idempotent.</summary>
    /// <exception cref="ContentMismatchException">Nobody has it any more.</exception>
    public async Task FetchAsync(Descriptor blob, CancellationToken cancellation)
    {
        RegistryException? last = null;
        foreach (var origin in store.Contains(blob.Digest) ? [] : origins.Find(blob.Digest))
        {
            try
            {
                await client.PullBlobAsync(origin, blob, store, null, cancellation).ConfigureAwait(false);
                return;
            }
            catch (RegistryException e)
            {
                last = e; // deleted there, perhaps; another repository may have it
            }
        }
        if (!store.Contains(blob.Digest))
            throw last ?? (Exception)new ContentMismatchException($"Fetching '{blob.Digest}': the blob is neither in the store nor in a "
                + "known repository. Pull or build the image again.");
    }
}
