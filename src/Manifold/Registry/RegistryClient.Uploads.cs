using System.Collections.Immutable;
using System.Net;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>How a blob came to be in a repository.</summary>
public enum BlobPush { AlreadyThere, Mounted, Uploaded }

public sealed partial class RegistryClient
{
    // Each refused mount leaves an upload session behind that the registry has to sweep.
    private const int MountTries = 2;

    /// <summary>Makes sure that a repository has a blob, the cheapest way. Idempotent. A blob with the wrong size is sent again.</summary>
    /// <param name="progress">Gets the bytes that are there so far; may fall where a registry lost what it had.</param>
    internal async Task<BlobPush> PushBlobAsync(
        ImageReference repository, Descriptor blob, BlobSource source,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        // 1  Is it there?
        var host = TargetOf(repository);
        var look = BlobRequest("push", HttpMethod.Head, repository, blob.Digest) with { Push = true };
        var size = source.LooksByReading
            ? await SizeByReadingAsync(repository, blob, cancellation).ConfigureAwait(false)
            : await SizeAsync(host, look, cancellation).ConfigureAwait(false);
        if (IsWhole(size, blob.Size))
            return BlobPush.AlreadyThere;

        // 2  Is it in another repository of this registry?
        var (mounted, session) = source.MayMount
            ? await TryMountAsync(repository, blob, source.SeenIn, cancellation).ConfigureAwait(false)
            : (false, null);
        if (mounted)
            return BlobPush.Mounted;

        // 3  Base layers are pulled when somebody needs their content: we do, now.
        if (source is { Store: { } store, Reader: null } && !store.Contains(blob.Digest))
            await FetchAsync(repository, blob, source, cancellation).ConfigureAwait(false);

        // 4  Send it.
        await using var bytes = new BlobCursor(source.Reader ?? ReaderOf(repository, blob, source));
        await new BlobUpload(host, look, blob, bytes)
        {
            ChunkBytes = options.ChunkBytes,
            Progress = progress,
        }.RunAsync(session, cancellation).ConfigureAwait(false);
        return BlobPush.Uploaded;
    }

    private BlobReader ReaderOf(ImageReference repository, Descriptor blob, BlobSource source) => source.Store is { } store
        ? (offset, _) => ValueTask.FromResult(OpenFile(store.BlobPath(blob.Digest), offset))
        : async (offset, cancellation) => await FirstOfAsync(repository, blob, source.SeenIn,
            origin => OpenBlobAsync(origin, blob, offset, feedsAnother: true, cancellation)).ConfigureAwait(false);

    private static Stream OpenFile(string path, long offset)
    {
        try
        {
            var file = new FileStream(path, new FileStreamOptions { Share = FileShare.Read | FileShare.Delete, BufferSize = 0 });
            file.Seek(offset, SeekOrigin.Begin);
            return file;
        }
        catch (IOException e)
        {
            throw new ContentMismatchException($"Reading '{path}': {e.Message} Pull or build the image again.");
        }
    }

    /// <summary>
    /// Asks the registry to take the blob from another of its repositories; where it does not, it may begin an upload instead.
    /// </summary>
    /// <remarks>Source: section "Mounting a blob from another repository".</remarks>
    private async Task<(bool Mounted, Uri? Session)> TryMountAsync(
        ImageReference repository, Descriptor blob, ImmutableArray<ImageReference> seenIn, CancellationToken cancellation)
    {
        Uri? session = null;
        foreach (var from in seenIn.Where(other => other.Registry == repository.Registry && other.Repository != repository.Repository)
            .Take(MountTries))
        {
            var location = $"v2/{repository.Repository}/blobs/uploads/?mount={blob.Digest}&from={Uri.EscapeDataString(from.Repository)}";
            var request = BlobRequest("push", HttpMethod.Post, repository, blob.Digest) with
            {
                Location = location,
                Push = true,
                MountFrom = from.Repository,
            };
            try
            {
                using var response = await TargetOf(repository).SendAsync(request, cancellation).ConfigureAwait(false);
                if (response.Message.StatusCode is HttpStatusCode.Created)
                    return (true, null);
                if (response.Message.StatusCode is HttpStatusCode.Accepted)
                    session = response.Location;
            }
            catch (RegistryException e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                // The token service gives nothing for that repository; the blob can be sent all the same.
            }
        }
        return (false, session);
    }

    private Task FetchAsync(ImageReference repository, Descriptor blob, BlobSource source, CancellationToken cancellation) =>
        FirstOfAsync(repository, blob, source.SeenIn, async origin =>
        {
            await PullBlobAsync(origin, blob, source.Store!, null, cancellation).ConfigureAwait(false);
            return origin;
        });

    /// <summary>The answer of the first repository that has the blob; if none has, the refusal of one that may still have it.</summary>
    private static async Task<T> FirstOfAsync<T>(
        ImageReference repository, Descriptor blob, ImmutableArray<ImageReference> seenIn, Func<ImageReference, Task<T>> use)
    {
        RegistryException? trouble = null, absent = null;
        foreach (var origin in seenIn)
        {
            try
            {
                return await use(origin).ConfigureAwait(false);
            }
            catch (RegistryException e) when (e.Status is HttpStatusCode.NotFound)
            {
                absent = new RegistryException(e.Message, e)
                {
                    Registry = e.Registry,
                    Status = e.Status,
                    Code = e.Code,
                    Lost = blob.Digest
                };
            }
            catch (RegistryException e)
            {
                trouble = e;
            }
        }
        throw trouble ?? absent ?? (ManifoldException)new ContentMismatchException(
            $"push {repository.Name}: the blob '{blob.Digest}' is neither in the store nor in a known registry. Pull or build the image "
                + "again.");
    }
}
