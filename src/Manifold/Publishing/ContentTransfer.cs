using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>Brings an image's content into one repository, from the leaves to the root, under digests only.</summary>
/// <remarks>
/// <code>
/// SendAsync    1  manifest or index   HEAD: there already, and so is all below it
///              2    its blobs         there, mounted or sent, each once; then HEAD: there, and of the right size
///              3    its manifests     the same, in parallel
///              4  the document        PUT by digest; then HEAD: there, with that digest and size
/// </code>
/// Idempotent: what has arrived whole is never sent again.
/// </remarks>
internal sealed class ContentTransfer(PublishingTools tools, IImageSource source, ImageReference repository, IProgress<TransferProgress>? progress)
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task>> blobs = new();
    private readonly ConcurrentDictionary<Digest, (BlobPush Push, long Bytes)> done = new();
    private readonly BlobOrigins origins = new(tools.Store);

    public Transfers Done => new(
        done.Values.Count(blob => blob.Push is BlobPush.Uploaded), done.Values.Count(blob => blob.Push is BlobPush.Mounted),
        done.Values.Count(blob => blob.Push is BlobPush.AlreadyThere), done.Values.Where(blob => blob.Push is BlobPush.Uploaded).Sum(blob => blob.Bytes));

    public async Task SendAsync(Descriptor root, int depth, CancellationToken cancellation)
    {
        if (depth > Limits.IndexDepth)
            throw new UsageException($"push {repository.Name}: its indexes are nested more than {Limits.IndexDepth} deep.");
        // 1  A registry takes a manifest only with all that it points to, so its digest vouches for the blobs.
        if (await tools.Registry.HeadManifestAsync(repository.WithDigest(root.Digest), push: true, cancellation).ConfigureAwait(false) is not null)
            return;
        var document = await source.ReadDocumentAsync(root, cancellation).ConfigureAwait(false);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = tools.Registry.Options.Concurrency, CancellationToken = cancellation };
        if (MediaType.IsIndex(root.MediaType))
        {
            // 3
            await Parallel.ForEachAsync(Parse(root, document, ImageIndex.Parse).Manifests, parallel,
                async (entry, token) => await SendAsync(entry, depth + 1, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        else
        {
            // 2
            var manifest = Parse(root, document, Manifest.Parse);
            var seen = source.OriginsOf(root.Digest); // where the manifest is, its blobs are
            await Parallel.ForEachAsync(manifest.Layers.Append(manifest.Config), parallel,
                async (blob, token) => await SendBlobOnceAsync(blob, seen, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        // 4
        await SendDocumentAsync(root, document, cancellation).ConfigureAwait(false);
    }

    private async Task SendDocumentAsync(Descriptor root, ReadOnlyMemory<byte> document, CancellationToken cancellation)
    {
        var place = repository.WithDigest(root.Digest);
        await tools.Registry.PushManifestAsync(place, document, root.MediaType, cancellation).ConfigureAwait(false);
        var found = await tools.Registry.HeadManifestAsync(place, push: true, cancellation).ConfigureAwait(false);
        if (found?.Digest != root.Digest || found.Size != document.Length)
            throw NotThere($"manifest {root.Digest}", found is null ? "does not have it" : $"has {found.Size} bytes of it instead of {document.Length}");
        origins.Record(root.Digest, repository);
    }

    private Task SendBlobOnceAsync(Descriptor blob, ImmutableArray<ImageReference> seen, CancellationToken cancellation) =>
        blobs.GetOrAdd(blob.Digest, _ => new Lazy<Task>(() => SendBlobAsync(blob, seen, cancellation))).Value;

    private async Task SendBlobAsync(Descriptor blob, ImmutableArray<ImageReference> seen, CancellationToken cancellation)
    {
        // Layers that may not be redistributed are fetched from their own addresses, as Docker has it.
        if (blob.Urls is { IsEmpty: false } && !tools.Store.Contains(blob.Digest))
            return;
        using var turn = await tools.Sending.EnterAsync((repository.Registry, blob.Digest), cancellation).ConfigureAwait(false);
        ImmutableArray<ImageReference> seenIn = [.. source.OriginsOf(blob.Digest).Concat(origins.Find(blob.Digest)).Concat(seen).DistinctBy(place => place.Name)];
        var bytes = new Relay<long>(count => progress?.Report(new TransferProgress(repository, blob, count, Done: false)));
        var outcome = await tools.Registry.PushBlobAsync(repository, blob, BlobSourceOf(blob, seenIn), bytes, cancellation).ConfigureAwait(false);
        if (outcome is not BlobPush.AlreadyThere)
            await CheckAsync(blob, cancellation).ConfigureAwait(false);
        origins.Record(blob.Digest, repository);
        done[blob.Digest] = (outcome, blob.Size);
        progress?.Report(new TransferProgress(repository, blob, blob.Size, Done: true, outcome));
    }

    /// <summary>The store where it has the blob; else straight from where it was seen, or from the source: nothing is kept on the way.</summary>
    private BlobSource BlobSourceOf(Descriptor blob, ImmutableArray<ImageReference> seenIn) =>
        tools.Store.Contains(blob.Digest) ? new BlobSource(tools.Store, seenIn)
            : new BlobSource(null, seenIn) { Reader = source.OriginsOf(blob.Digest).IsEmpty ? (offset, token) => OpenAsync(blob, offset, token) : null };

    private async ValueTask<Stream> OpenAsync(Descriptor blob, long offset, CancellationToken cancellation)
    {
        var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
        var scrap = new byte[128 * 1024];
        for (var skip = offset; skip > 0;)
        {
            var count = await content.ReadAsync(scrap.AsMemory(0, (int)Math.Min(scrap.Length, skip)), cancellation).ConfigureAwait(false);
            if (count == 0)
                break; // shorter than it says: whoever sends it finds out
            skip -= count;
        }
        return content;
    }

    private async Task CheckAsync(Descriptor blob, CancellationToken cancellation)
    {
        var size = await tools.Registry.SizeOfBlobAsync(repository, blob.Digest, cancellation).ConfigureAwait(false);
        if (size is null || (size != 0 && size != blob.Size))
            throw NotThere($"blob {blob.Digest}", size is null ? "does not have it" : $"has {size} bytes of it instead of {blob.Size}");
    }

    private RegistryException NotThere(string what, string how) => new(
        $"push {repository.Name}: the registry accepted the {what}, and now {how}. No tag was written. Try again; if it stays so, the registry's storage is damaged.")
    {
        Registry = repository.Registry,
    };

    private static T Parse<T>(Descriptor descriptor, ReadOnlyMemory<byte> document, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(document.Span);
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Reading '{descriptor.Digest}' ({descriptor.MediaType}): {e.Message} Build or pull the image again.");
        }
    }
}
