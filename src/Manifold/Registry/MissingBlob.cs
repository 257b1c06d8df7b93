using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Fetches what the store knows of and never downloaded: layers of bases, from where they were seen.</summary>
public sealed class MissingBlob(RegistryClient client, BlobOrigins origins, Store store)
{
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
            throw last ?? (Exception)new ContentMismatchException($"Fetching '{blob.Digest}': neither the store nor a repository that is known has it. Pull or build the image again.");
    }
}
