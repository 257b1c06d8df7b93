using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>What a repository shows: what was pushed into it, and all that the images reach that Manifold keeps under its names.</summary>
/// <remarks>
/// What a client pushed is governed by its records alone, so that a DELETE is final; what a build or a pull named has no records and is
/// found from its name down. A blob is verified before it is first served, once for each state of its file, and one that is damaged
/// is not here: pullers get a 404, and the next pusher's bytes mend it.
/// </remarks>
internal sealed class Contents(Store store, RepositoryNames names, ServeOptions options)
{
    private readonly BuiltImages built = new(store);
    private readonly ConcurrentDictionary<Digest, ImmutableArray<Descriptor>> children = new();
    private readonly ConcurrentDictionary<Digest, (long Size, DateTime Written)> verified = new();

    public Descriptor? FindManifest(string host, string repository, string selector) =>
        !Digest.TryParse(selector, out var digest) ? names.Find(host, repository, selector)
            : store.Repositories.FindManifest(repository, digest)
                ?? Named(host, repository).FirstOrDefault(entry => entry.Digest == digest && IsDocument(entry));

    /// <summary>The manifest's bytes, or null where it is unknown or damaged.</summary>
    public byte[]? TryRead(Descriptor manifest)
    {
        try
        {
            return store.TryReadDocument(manifest.Digest);
        }
        catch (ContentMismatchException e)
        {
            options.Warn($"{e.Message} The registry does not serve it.");
            return null;
        }
    }

    /// <summary>The size of a blob that the repository shows, that is on disk and good. Null otherwise.</summary>
    public async Task<long?> SizeOfBlobAsync(string host, string repository, Digest digest, CancellationToken cancellation)
    {
        var pushed = store.Repositories.HasBlob(repository, digest);
        if (!pushed && !Named(host, repository).Any(entry => entry.Digest == digest))
            return null;
        if (pushed && !options.ReadOnly)
            store.Repositories.Touch(repository, digest, options.Time.GetUtcNow());
        return await IsGoodAsync(digest, cancellation)
            || (options.FetchMissing is { } fetch && await fetch(digest, cancellation) && await IsGoodAsync(digest, cancellation))
            ? store.SizeOf(digest) : null;
    }

    /// <summary>True where the store has the blob, or can get it: whatever repository it came from.</summary>
    public async Task<bool> IsInStoreAsync(Digest digest, CancellationToken cancellation) =>
        store.Contains(digest) || (options.FetchMissing is { } fetch && await fetch(digest, cancellation));

    /// <summary>The file's bytes were hashed on their way into the store just now.</summary>
    public void Trust(Digest digest)
    {
        if (new FileInfo(store.BlobPath(digest)) is { Exists: true } file)
            verified[digest] = (file.Length, file.LastWriteTimeUtc);
    }

    private async Task<bool> IsGoodAsync(Digest digest, CancellationToken cancellation)
    {
        var file = new FileInfo(store.BlobPath(digest));
        if (!file.Exists)
            return false;
        var state = (file.Length, file.LastWriteTimeUtc);
        if (verified.TryGetValue(digest, out var known) && known == state)
            return true;
        try
        {
            if (store.TryOpen(digest) is not { } stream)
                return false;
            await using (stream)
                await stream.CopyToAsync(Stream.Null, 1 << 20, cancellation);
            verified[digest] = state;
            return true;
        }
        catch (ContentMismatchException e)
        {
            options.Warn($"{e.Message} The registry does not serve it.");
            return false;
        }
    }

    private IEnumerable<Descriptor> Named(string host, string repository) =>
        names.Tags(host, repository).SelectMany(tags => built.Of(repository, tags)).SelectMany(top => Reach(top, 0));

    private IEnumerable<Descriptor> Reach(Descriptor from, int depth)
    {
        yield return from;
        if (!IsDocument(from) || depth == Limits.IndexDepth)
            yield break;
        if (!children.TryGetValue(from.Digest, out var below))
        {
            if (TryRead(from) is not { } bytes || Document.TryParse(from.MediaType, bytes) is not { } document)
                yield break;
            below = children[from.Digest] = document.Children;
        }
        foreach (var descriptor in below.SelectMany(child => Reach(child, depth + 1)))
            yield return descriptor;
    }

    private static bool IsDocument(Descriptor entry) => MediaType.IsManifest(entry.MediaType) || MediaType.IsIndex(entry.MediaType);
}
