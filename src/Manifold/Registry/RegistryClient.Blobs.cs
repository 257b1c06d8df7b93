using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

public sealed partial class RegistryClient
{
    private const int PieceBytes = 128 * 1024;

    private readonly ConcurrentDictionary<Digest, SemaphoreSlim> pulls = new();

    /// <remarks>Source: section "Checking if content exists in the registry".</remarks>
    public async Task<bool> HasBlobAsync(ImageReference repository, Digest digest, CancellationToken cancellation = default)
    {
        var request = BlobRequest("look up", HttpMethod.Head, repository, digest);
        return await HasAsync(repository, request, cancellation).ConfigureAwait(false);
    }

    /// <summary>Brings a blob into the store, verified. Where it is there already, nothing is asked.</summary>
    /// <remarks>
    /// One transfer per digest at a time in this process: others wait, and find it done. After a cut it goes on where it was
    /// (section "Pulling blobs", Range). Without success nothing is stored.
    /// </remarks>
    /// <param name="progress">Gets the bytes that are here so far.</param>
    public async Task PullBlobAsync(
        ImageReference repository, Descriptor blob, Store store, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var turn = pulls.GetOrAdd(blob.Digest, static _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (store.SizeOf(blob.Digest) != blob.Size)
                await TransferAsync(repository, blob, store, progress, cancellation).ConfigureAwait(false);
            progress?.Report(blob.Size);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>A blob straight from the registry, without the store. After a cut it goes on where it was.</summary>
    /// <remarks>
    /// From its begin, the last read throws <see cref="ContentMismatchException"/> where the bytes are not the blob's; from an
    /// <paramref name="offset"/> only their number is checked. Owned by the caller; it holds one of the host's places until it is disposed.
    /// </remarks>
    /// <exception cref="RegistryException">The registry does not have it, or refuses.</exception>
    public Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor blob, long offset = 0, CancellationToken cancellation = default) =>
        OpenBlobAsync(repository, blob, offset, feedsAnother: false, cancellation);

    private async Task<Stream> OpenBlobAsync(
        ImageReference repository, Descriptor blob, long offset, bool feedsAnother, CancellationToken cancellation)
    {
        var request = BlobRequest("pull", HttpMethod.Get, repository, blob.Digest) with { FeedsAnother = feedsAnother };
        var stream = new BlobStream(Host(repository.Registry), request, blob.Size, offset);
        await stream.OpenAsync(cancellation).ConfigureAwait(false);
        return offset == 0 ? new VerifiedStream(stream, blob.Digest, blob.Size, $"'{repository.Registry}'") : stream;
    }

    private async Task TransferAsync(
        ImageReference repository, Descriptor blob, Store store, IProgress<long>? progress, CancellationToken cancellation)
    {
        var request = BlobRequest("pull", HttpMethod.Get, repository, blob.Digest);
        await using var writer = store.CreateBlob(blob.Digest);
        await using var stream = new BlobStream(Host(repository.Registry), request, blob.Size, 0);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is var count and > 0)
            {
                writer.Write(buffer.AsSpan(0, count));
                progress?.Report(writer.Length);
            }
            await writer.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
        }
        catch (ContentMismatchException e)
        {
            throw Host(repository.Registry).Failed(request, "sent bytes that do not have that digest. Nothing was stored.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> HasAsync(ImageReference repository, RegistryRequest request, CancellationToken cancellation)
    {
        using var response = await Host(repository.Registry).SendAsync(request, cancellation).ConfigureAwait(false);
        return response.Message.StatusCode switch
        {
            HttpStatusCode.NotFound => false,
            HttpStatusCode.OK => true,
            _ => throw await RefusedAsync(repository.Registry, request, response, cancellation).ConfigureAwait(false),
        };
    }

    private static RegistryRequest BlobRequest(string verb, HttpMethod method, ImageReference repository, Digest digest) =>
        new($"{verb} {repository.Name}, blob {digest.Short}", method, $"v2/{repository.Repository}/blobs/{digest}", repository.Repository);
}
