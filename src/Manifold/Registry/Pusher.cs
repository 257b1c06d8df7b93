using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>What a push did. Blobs that several platforms share count once.</summary>
public sealed record PushSummary(int Uploaded, int Mounted, int AlreadyThere, long UploadedBytes);

/// <summary>Publishes an image of the store under any number of names, so that no reader ever meets a name whose content is not there yet.</summary>
/// <remarks>
/// <code>
/// 1  HEAD each tag               all there already: done, one request for each
/// 2  manifests by digest         those that the repository lacks
/// 3    blobs                     there, mounted, or sent; in parallel, each once
/// 4    manifests, in parallel
/// 5  the index by digest
/// 6  the tags
/// </code>
/// Idempotent; after a failure the tags are as they were. Media types go out as they are in the store. What was never downloaded
/// (layers of bases) is mounted, or fetched from where it was seen.
/// </remarks>
public sealed class Pusher(RegistryClient client, Store store, BlobOrigins origins)
{
    public async Task<PushSummary> PushAsync(
        Descriptor image, ImmutableArray<ImageReference> targets, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var counts = new ConcurrentDictionary<(string Repository, Digest Blob), (BlobPush Push, long Bytes)>();
        foreach (var repository in targets.Select(target => target.Tag is null ? target : target.WithTag(target.Tag)).Distinct().GroupBy(target => target.Name))
        {
            var missing = new List<ImageReference>();
            foreach (var target in repository)
            {
                if ((await client.HeadManifestAsync(target, push: true, cancellation).ConfigureAwait(false))?.Digest != image.Digest)
                    missing.Add(target);
            }
            if (missing.Count == 0)
                continue;
            var push = new RepositoryPush(client, store, origins, missing[0].WithDigest(image.Digest), progress);
            await push.PushTreeAsync(image, 0, cancellation).ConfigureAwait(false);
            foreach (var target in missing.Where(target => target.Tag is not null))
                await push.PushDocumentAsync(target, image, cancellation).ConfigureAwait(false);
            foreach (var (blob, done) in push.Done)
                counts[(repository.Key, blob)] = done;
        }
        return new PushSummary(
            counts.Values.Count(done => done.Push is BlobPush.Uploaded), counts.Values.Count(done => done.Push is BlobPush.Mounted),
            counts.Values.Count(done => done.Push is BlobPush.AlreadyThere), counts.Values.Where(done => done.Push is BlobPush.Uploaded).Sum(done => done.Bytes));
    }
}

/// <summary>A push to one repository: from the leaves to the root.</summary>
internal sealed class RepositoryPush(
    RegistryClient client, Store store, BlobOrigins origins, ImageReference repository, IProgress<TransferProgress>? progress)
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task>> blobs = new();

    public ConcurrentDictionary<Digest, (BlobPush Push, long Bytes)> Done { get; } = new();

    /// <summary>Sees to it that the repository has a manifest or index and all that it points to.</summary>
    public async Task PushTreeAsync(Descriptor root, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw new UsageException($"push {repository}: its indexes are nested more than {Limits.IndexDepth} deep.");
        // A registry takes a manifest only with all that it points to, so its digest vouches for the blobs.
        if (await client.HeadManifestAsync(repository.WithDigest(root.Digest), push: true, cancellation).ConfigureAwait(false) is not null)
            return;
        var document = await DocumentAsync(root, cancellation).ConfigureAwait(false);
        var parallel = Puller.ParallelOptions(client, cancellation);
        if (MediaType.IsIndex(root.MediaType))
        {
            await Parallel.ForEachAsync(Parse(root, document, ImageIndex.Parse).Manifests, parallel,
                async (entry, token) => await PushTreeAsync(entry, depth + 1, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        else
        {
            var manifest = Parse(root, document, Manifest.Parse);
            var seen = origins.Find(root.Digest); // where the manifest is, its blobs are
            await Parallel.ForEachAsync(manifest.Layers.Append(manifest.Config), parallel,
                async (blob, token) => await PushBlobOnceAsync(blob, seen, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        await PushDocumentAsync(repository.WithDigest(root.Digest), root, cancellation).ConfigureAwait(false);
        origins.Record(root.Digest, repository);
    }

    public async Task PushDocumentAsync(ImageReference target, Descriptor descriptor, CancellationToken cancellation) =>
        await client.PushManifestAsync(target, await DocumentAsync(descriptor, cancellation).ConfigureAwait(false), descriptor.MediaType, cancellation).ConfigureAwait(false);

    private Task PushBlobOnceAsync(Descriptor blob, ImmutableArray<ImageReference> seen, CancellationToken cancellation) =>
        blobs.GetOrAdd(blob.Digest, _ => new Lazy<Task>(() => PushBlobAsync(blob, seen, cancellation))).Value;

    private async Task PushBlobAsync(Descriptor blob, ImmutableArray<ImageReference> seen, CancellationToken cancellation)
    {
        var source = new BlobSource(store, [.. origins.Find(blob.Digest).Union(seen)]);
        // Layers that may not be redistributed are fetched from their own addresses, as Docker has it.
        if (blob.Urls is { IsEmpty: false } && !store.Contains(blob.Digest))
            return;
        var bytes = new Relay<long>(count => progress?.Report(new TransferProgress(repository, blob, count, Done: false)));
        var outcome = await client.PushBlobAsync(repository, blob, source, bytes, cancellation).ConfigureAwait(false);
        origins.Record(blob.Digest, repository);
        Done[blob.Digest] = (outcome, blob.Size);
        progress?.Report(new TransferProgress(repository, blob, blob.Size, Done: true, outcome));
    }

    private static T Parse<T>(Descriptor descriptor, byte[] document, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(document);
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Reading '{descriptor.Digest}' ({descriptor.MediaType}): {e.Message} Build or pull the image again.");
        }
    }

    /// <summary>A document from the store, else from where it was seen.</summary>
    private async Task<byte[]> DocumentAsync(Descriptor descriptor, CancellationToken cancellation)
    {
        if (store.TryReadDocument(descriptor.Digest) is { } stored)
            return stored;
        foreach (var origin in origins.Find(descriptor.Digest))
        {
            if (await client.GetManifestAsync(origin.WithDigest(descriptor.Digest), cancellation).ConfigureAwait(false) is not { } content)
                continue;
            await content.KeepAsync(store, cancellation).ConfigureAwait(false);
            return content.Bytes.ToArray();
        }
        return store.ReadDocument(descriptor.Digest);
    }
}
