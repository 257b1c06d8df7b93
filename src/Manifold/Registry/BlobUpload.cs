using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>Sends one blob: small ones in one request, large ones in pieces that go on where the registry says after a cut.</summary>
/// <remarks>
/// <code>
/// POST  …/uploads/           1  begin a session         (again where the registry lost it)
/// GET   session              2  after trouble: how far did it get?
/// PATCH session              3  a piece, while the blob is larger than one
/// PUT   session?digest=…     4  the rest, and the digest that the registry checks
/// </code>
/// A registry that takes no PATCH gets the whole in one PUT; one that finds a piece too large (413) gets smaller ones. One that counts
/// other bytes than were sent (416) is asked once how far it got, then gets the whole, and after that nothing: skopeo ends at the first
/// 416.
/// Source: OCI distribution specification 1.1, "Pushing a blob monolithically" and "in chunks". One use; not thread-safe.
/// </remarks>
internal sealed class BlobUpload(RegistryHost host, RegistryRequest look, Descriptor blob, BlobCursor bytes)
{
    // A registry that loses its sessions again and again gets no further ones.
    private const int Sessions = 6;

    // Proxies before registries take at least this much: nginx 1 MB where nothing is set.
    private const long LeastPiece = 512 * 1024;

    private Uri? session;
    private long offset;
    private long chunk;
    private int sessions;
    private int unknown;
    private int misplaced;
    private long furthest;
    private bool interrupted;
    private bool done;

    public required long ChunkBytes { get; init; }
    public IProgress<long>? Progress { get; init; }

    private bool InPieces => blob.Size > chunk;

    /// <param name="begun">A session that the registry has begun already, or null.</param>
    public async Task RunAsync(Uri? begun, CancellationToken cancellation)
    {
        session = begun;
        chunk = ChunkBytes;
        do
        {
            // Each round of retries begins anew after an attempt that moved a piece.
            await host.Retrying.ExecuteAsync(async token => await AttemptAsync(token).ConfigureAwait(false),
                cancellation).ConfigureAwait(false);
        }
        while (!done);
    }

    private async Task AttemptAsync(CancellationToken cancellation)
    {
        if (interrupted)
            await ResumeAsync(cancellation).ConfigureAwait(false);
        if (done)
            return;
        if (session is null)
            await BeginAsync(cancellation).ConfigureAwait(false);
        var start = offset;
        interrupted = true;
        try
        {
            while (InPieces && offset < blob.Size)
                await SendPieceAsync(cancellation).ConfigureAwait(false);
            await FinishAsync(cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e) when (e.Retries > 0 && offset - start >= chunk)
        {
            // The next round goes on.
        }
    }

    private async Task BeginAsync(CancellationToken cancellation)
    {
        if (++sessions > Sessions)
            throw host.Failed(look, $"lost the upload of this blob {Sessions} times.");
        var request = look with { Method = HttpMethod.Post, Location = $"v2/{look.Repository}/blobs/uploads/" };
        using var response = await SendAsync(request, HttpStatusCode.Accepted, cancellation).ConfigureAwait(false);
        offset = 0;
        session = response.Location ?? throw host.Failed(request, "started an upload without a location.");
        if (response.Message.Headers.TryGetValues("OCI-Chunk-Min-Length", out var values) && long.TryParse(values.First(), out var least))
            chunk = Math.Max(chunk, least);
    }

    /// <summary>After trouble: perhaps only the answer was lost; else the session may still be good.</summary>
    private async Task ResumeAsync(CancellationToken cancellation)
    {
        using (var response = await host.SendOnceAsync(look, cancellation).ConfigureAwait(false))
            done = response.Message.StatusCode is HttpStatusCode.OK;
        if (done || session is null)
            return;
        if (InPieces)
        {
            using var status = await host.SendOnceAsync(look with { Method = HttpMethod.Get, Location = session.AbsoluteUri },
                cancellation).ConfigureAwait(false);
            if (status.Message.IsSuccessStatusCode && Received(status) is { } received && received <= blob.Size)
            {
                (offset, session) = (received, status.Location ?? session);
                return;
            }
        }
        session = null;
    }

    private async Task SendPieceAsync(CancellationToken cancellation)
    {
        var begin = offset;
        var length = Math.Min(chunk, blob.Size - begin);
        var request = look with { Method = HttpMethod.Patch, Location = session!.AbsoluteUri };
        using var response = await SendBytesAsync(request, begin, length, HttpStatusCode.Accepted, cancellation).ConfigureAwait(false);
        session = response.Location ?? session;
        offset = Received(response) ?? begin + length;
        if (offset <= begin || offset > begin + length)
            throw host.Cut(look, $"reports {offset} bytes after {begin} and {length} more were sent.");
    }

    private async Task FinishAsync(CancellationToken cancellation)
    {
        var (begin, length) = (offset, blob.Size - offset);
        var address = session!.AbsoluteUri;
        var request = look with
        {
            Method = HttpMethod.Put,
            IsSlow = true,
            Location = $"{address}{(session.Query.Length > 0 ? '&' : '?')}digest={Uri.EscapeDataString(blob.Digest.ToString())}",
        };
        using var response = await SendBytesAsync(request, begin, length, HttpStatusCode.Created, cancellation).ConfigureAwait(false);
        done = true;
        Progress?.Report(blob.Size);
    }

    private async Task<RegistryResponse> SendAsync(RegistryRequest request, HttpStatusCode expected, CancellationToken cancellation)
    {
        var response = await host.SendOnceAsync(request, cancellation).ConfigureAwait(false);
        if (response.Message.StatusCode == expected)
            return response;
        using (response)
        {
            var refusal = await host.RefusedAsync(request, response.Message, response.Address, cancellation).ConfigureAwait(false);
            if (session is not null && IsOvercome(request.Method, refusal.Status))
                refusal.Retries = Retries.Many;
            throw refusal;
        }
    }

    /// <summary>Whether a refusal is one that another way of sending avoids, which is taken by the next attempt.</summary>
    private bool IsOvercome(HttpMethod method, HttpStatusCode? status)
    {
        var piece = Math.Min(chunk, blob.Size);
        switch (status)
        {
            // The session stands elsewhere than we think: ask, and go on; where that does not help, the whole at once.
            case HttpStatusCode.RequestedRangeNotSatisfiable when InPieces:
                misplaced = offset > furthest ? 1 : misplaced + 1;
                furthest = Math.Max(furthest, offset);
                if (misplaced > 1)
                    (chunk, session) = (long.MaxValue, null);
                return true;
            // It takes no pieces at all, or says of pieces that it knows no such session: the whole at once.
            case HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented when method == HttpMethod.Patch:
            case HttpStatusCode.NotFound when method == HttpMethod.Patch && offset == 0 && ++unknown > 1:
                (chunk, session) = (long.MaxValue, null);
                return true;
            case HttpStatusCode.NotFound:
                return true;
            case HttpStatusCode.RequestEntityTooLarge when piece > LeastPiece:
                (chunk, session) = (Math.Max(LeastPiece, piece / 8), null);
                return true;
            default:
                return false;
        }
    }

    private async Task<RegistryResponse> SendBytesAsync(
        RegistryRequest request, long begin, long length, HttpStatusCode expected, CancellationToken cancellation)
    {
        await bytes.SeekAsync(begin, cancellation).ConfigureAwait(false);
        BlobContent? body = null;
        try
        {
            var sending = request with { Content = moved => body = Content(begin, length, moved) };
            return await SendAsync(sending, expected, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException) when (body?.Trouble is { } trouble)
        {
            throw trouble;
        }
    }

    private BlobContent Content(long begin, long length, Action moved)
    {
        var content = new BlobContent(bytes, begin, length, sent =>
        {
            moved();
            Progress?.Report(begin + sent);
        });
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (InPieces && length > 0)
            content.Headers.TryAddWithoutValidation("Content-Range",
                string.Create(CultureInfo.InvariantCulture, $"{begin}-{begin + length - 1}"));
        return content;
    }

    /// <summary>The header <c>Range: 0-99</c> says that 100 bytes are there; registries send <c>0-0</c> for none as well.</summary>
    private static long? Received(RegistryResponse response)
    {
        if (!response.Message.Headers.TryGetValues("Range", out var values))
            return null;
        var last = values.First().Split('-')[^1];
        return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var end) ? end == 0 ? 0 : end + 1 : null;
    }
}
