using System.Collections.Concurrent;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Entries of an index whose manifests the registry has lost. It may refuse each later index that still lists them.</summary>
internal static class LostEntries
{
    /// <summary>
    /// The document without the entries that the repository no longer has;
    /// unchanged if it has all of them, or is not an index.
    /// </summary>
    /// <remarks>Costs a small request for each entry.</remarks>
    public static async Task<ReadOnlyMemory<byte>> WithoutAsync(RegistryClient client, ImageReference repository, ManifestContent document,
        CancellationToken cancellation)
    {
        if (!MediaType.IsIndex(document.Descriptor.MediaType)
            || ImageIndex.Parse(document.Bytes.Span) is not { Manifests.IsDefault: false } index)
            return document.Bytes;
        var lost = new ConcurrentDictionary<Digest, bool>();
        await Parallel.ForEachAsync(index.Manifests, Puller.ParallelOptions(client, cancellation), async (entry, token) =>
        {
            if (await client.HeadManifestAsync(repository.WithDigest(entry.Digest), push: true, token).ConfigureAwait(false) is null)
                lost[entry.Digest] = true;
        }).ConfigureAwait(false);
        return lost.IsEmpty ? document.Bytes : (index with
        {
            Manifests = [.. index.Manifests.Where(entry =>
                !lost.ContainsKey(entry.Digest))],
        }).ToJson();
    }
}
