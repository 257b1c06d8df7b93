using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

public sealed partial class RegistryClient
{
    // An attempt that brought less than this is one without success, so that a registry which cuts at once is not asked forever.
    private const long FruitfulBytes = 1024 * 1024;

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

    private async Task TransferAsync(
        ImageReference repository, Descriptor blob, Store store, IProgress<long>? progress, CancellationToken cancellation)
    {
        var host = Host(repository.Registry);
        var request = BlobRequest("pull", HttpMethod.Get, repository, blob.Digest);
        await using var writer = store.CreateBlob(blob.Digest);
        do
        {
            // Each round of retries begins anew after an attempt that moved much.
            await host.Retrying.ExecuteAsync(
                async token => await PullRestAsync(host, request, blob, writer, progress, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        while (writer.Length < blob.Size);
        try
        {
            await writer.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
        }
        catch (ContentMismatchException e)
        {
            throw host.Failed(request, "sent bytes that do not have that digest. Nothing was stored.", e);
        }
    }

    /// <summary>One attempt: returns when all is here, or much more than before; throws where it was cut before that.</summary>
    private async Task PullRestAsync(
        RegistryHost host, RegistryRequest request, Descriptor blob, BlobWriter writer, IProgress<long>? progress, CancellationToken cancellation)
    {
        var begin = writer.Length;
        var ranged = begin == 0 ? request : request with { Headers = headers => headers.Range = new RangeHeaderValue(begin, null) };
        using var response = await host.SendOnceAsync(ranged, cancellation).ConfigureAwait(false);
        var skip = response.Message.StatusCode switch
        {
            HttpStatusCode.OK => begin, // the whole again: what we have is read past
            HttpStatusCode.PartialContent when response.Message.Content.Headers.ContentRange?.From == begin => 0,
            HttpStatusCode.PartialContent => throw host.Failed(request, "sends another range than was asked for."),
            _ => throw await RefusedAsync(host.Name, request, response, cancellation).ConfigureAwait(false),
        };
        try
        {
            await host.CopyBodyAsync(request, response.Message, piece =>
            {
                var known = (int)Math.Min(skip, piece.Length);
                skip -= known;
                writer.Write(piece.Span[known..]);
                progress?.Report(Math.Min(writer.Length, blob.Size));
                return writer.Length <= blob.Size;
            }, cancellation).ConfigureAwait(false);
            if (writer.Length > blob.Size)
                throw host.Failed(request, $"sends more than the {blob.Size} bytes that the manifest says.");
            if (writer.Length < blob.Size)
                throw host.Cut(request, $"sent {writer.Length} of {blob.Size} bytes.");
        }
        catch (RegistryException e) when (e.Retries > 0 && writer.Length - begin >= FruitfulBytes)
        {
            // The next round asks for the rest.
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
