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
    public Task<bool> HasBlobAsync(ImageReference repository, Digest digest, CancellationToken cancellation = default) =>
        FirstAnswerAsync(repository, byContent: true, place => HasAsync(
            place.Host, place.Named(BlobRequest("look up", HttpMethod.Head, repository, digest, place.Reference)), cancellation));

    /// <summary>Brings a blob into the store, verified. Where it is there already, nothing is asked.</summary>
    /// <remarks>
    /// One transfer per digest at a time in this process: others wait, and find it done. After a cut it goes on where it was
    /// (section "Pulling blobs", Range), and so does the next process. Without success nothing is in the store's blobs.
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
                await FirstAnswerAsync(repository, byContent: true, async place =>
                {
                    var request = place.Named(BlobRequest("pull", HttpMethod.Get, repository, blob.Digest, place.Reference));
                    await TransferAsync(place, request, (blob, store), progress, cancellation).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
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
    public Task<Stream> OpenBlobAsync(
        ImageReference repository, Descriptor blob, long offset = 0, CancellationToken cancellation = default) =>
        OpenBlobAsync(repository, blob, offset, feedsAnother: false, cancellation);

    private async Task<Stream> OpenBlobAsync(
        ImageReference repository, Descriptor blob, long offset, bool feedsAnother, CancellationToken cancellation)
    {
        var stream = await FirstAnswerAsync(repository, byContent: true, async place =>
        {
            var request = place.Named(BlobRequest("pull", HttpMethod.Get, repository, blob.Digest, place.Reference)) with
            {
                FeedsAnother = feedsAnother,
            };
            var opened = new BlobStream(place.Host, request, blob.Size, offset);
            await opened.OpenAsync(cancellation).ConfigureAwait(false);
            return opened;
        }).ConfigureAwait(false);
        return offset == 0 ? new VerifiedStream(stream!, blob.Digest, blob.Size, $"'{repository.Registry}'") : stream!;
    }

    private static async Task TransferAsync(
        Place place,
        RegistryRequest request,
        (Descriptor Blob, Store Store) wanted,
        IProgress<long>? progress,
        CancellationToken cancellation)
    {
        // What another place, or another day, sent before may be what is wrong; and once is worth another try.
        for (var tries = 0; tries < 2; tries++)
        {
            await using var arriving = ArrivingBlob.Begin(wanted.Store, wanted.Blob);
            await using var stream = new BlobStream(place.Host, request, wanted.Blob.Size, arriving.Length);
            await CopyAsync(stream, arriving, progress, cancellation).ConfigureAwait(false);
            if (await arriving.TryCompleteAsync(cancellation).ConfigureAwait(false))
                return;
        }
        throw place.Host.Failed(request, "sent content with a different digest. Nothing was stored.");
    }

    private static async Task CopyAsync(Stream stream, ArrivingBlob arriving, IProgress<long>? progress, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) is var count and > 0)
            {
                arriving.Append(buffer.AsSpan(0, count));
                progress?.Report(arriving.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<bool> HasAsync(RegistryHost host, RegistryRequest request, CancellationToken cancellation)
    {
        using (var response = await host.SendAsync(request, cancellation).ConfigureAwait(false))
        {
            if (response.Message.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.OK)
                return response.Message.StatusCode is HttpStatusCode.OK;
            if (!IsRefusedByStorage(host, response))
                throw await host.RefusedAsync(request, response, cancellation).ConfigureAwait(false);
        }
        return await SizeByReadingAsync(host, request with { Method = HttpMethod.Get }, 1, cancellation).ConfigureAwait(false) is not null;
    }

    private static RegistryRequest BlobRequest(
        string verb, HttpMethod method, ImageReference repository, Digest digest, ImageReference? there = null) =>
        new($"{verb} {repository.Name}, blob {digest.Short}",
            method, $"v2/{(there ?? repository).Repository}/blobs/{digest}", (there ?? repository).Repository);
}
