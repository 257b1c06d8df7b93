using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Manifold.Server;

/// <summary>Blobs on their way in: at once, in pieces, or mounted from another repository.</summary>
/// <remarks>
/// Source: OCI distribution specification, end-4a, end-4b, end-5, end-6, end-11, end-13, end-14. What has arrived survives a cut, and a
/// restart of the server; the client asks for the status and goes on.
/// </remarks>
internal sealed partial class UploadEndpoint(Store store, Contents contents, Uploads uploads)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>end-4a, end-4b, end-4c, end-11: begins an upload, or finishes one at once.</summary>
    public async Task StartAsync(HttpContext http, Route route)
    {
        var (mount, whole, algorithm) = (Parameter(http, "mount"),
            Parameter(http, "digest"), Parameter(http, "digest-algorithm") ?? "sha256");
        if (new[] { mount, whole }.OfType<string>().FirstOrDefault(text => !Digest.TryParse(text, out _)) is { } malformed)
        {
            await http.Refuse(400, ErrorCode.DigestInvalid, $"'{malformed}' is not a digest.");
            return;
        }
        if (algorithm is not ("sha256" or "sha512"))
        {
            await http.Refuse(400, ErrorCode.Unsupported, $"'{algorithm}' is not a supported digest algorithm. Use sha256 or sha512.");
            return;
        }
        if (mount is not null && await TryMountAsync(http, route.Repository, Digest.Parse(mount)))
            return;
        using var upload = uploads.TryBegin(route.Repository, Client.Of(http));
        if (upload is null)
        {
            await TooManyAsync(http);
            return;
        }
        upload.Blob.HashAs(algorithm);
        if (whole is null)
            await AnswerAsync(http, upload, 202);
        else
            await ReceiveAndCompleteAsync(http, upload, Digest.Parse(whole));
    }

    /// <summary>end-5, end-6, end-13, end-14: goes on with one.</summary>
    public async Task ContinueAsync(HttpContext http, Route route)
    {
        var (found, isFull) = await uploads.TryOpenAsync(route.Repository, route.Selector, Client.Of(http), http.RequestAborted);
        using var upload = found;
        if (isFull)
        {
            await TooManyAsync(http);
            return;
        }
        if (upload is null)
        {
            await http.Refuse(404, ErrorCode.BlobUploadUnknown, $"'{route.Repository}' has no upload '{route.Selector}'. Start again.");
            return;
        }
        switch (http.Request.Method)
        {
            case "GET":
                await AnswerAsync(http, upload, 204);
                break;
            case "DELETE":
                upload.Abandon();
                await http.Empty(204);
                break;
            case "PUT" when !Digest.TryParse(Parameter(http, "digest"), out _):
                await http.Refuse(400, ErrorCode.DigestInvalid, "The parameter 'digest' is missing or is not a digest.");
                break;
            case "PATCH" or "PUT" when !IsInOrder(http, upload):
                await OutOfOrderAsync(http, upload);
                break;
            case "PATCH":
                await ReceiveAsync(http, upload);
                if (Piece(http) is { } sent && upload.Blob.Length != sent.Last + 1)
                    await OutOfOrderAsync(http, upload); // its length was not known before
                else
                    await AnswerAsync(http, upload, 202);
                break;
            case "PUT":
                await ReceiveAndCompleteAsync(http, upload, Digest.Parse(Parameter(http, "digest")!));
                break;
            default:
                await http.Refuse(405, ErrorCode.Unsupported, $"The method {http.Request.Method} is not supported for uploads.");
                break;
        }
    }

    private Task TooManyAsync(HttpContext http) => http.RefuseFor(uploads.RetryAfter(Client.Of(http)),
        "You have too many incomplete uploads. Complete or cancel some, or try again later.");

    /// <summary>
    /// With <c>from</c>, what that repository shows; without, whatever the store has. False where there is nothing to mount, and the
    /// client uploads instead, as the specification has it for a mount that fails.
    /// </summary>
    private async Task<bool> TryMountAsync(HttpContext http, string repository, Digest digest)
    {
        var from = Parameter(http, "from");
        using var adding = await store.LockSharedAsync(cancellation: http.RequestAborted);
        var found = from is null ? await contents.IsInStoreAsync(digest, http.RequestAborted)
            : Route.IsName(from) && await contents.SizeOfBlobAsync(http.Host(), from, digest, http.RequestAborted) is not null;
        if (!found)
            return false;
        store.Repositories.AddBlob(repository, digest);
        await CreatedAsync(http, repository, digest);
        return true;
    }

    private async Task ReceiveAndCompleteAsync(HttpContext http, Uploads.Open upload, Digest digest)
    {
        upload.Blob.HashAs(digest.Algorithm);
        await ReceiveAsync(http, upload);
        using var adding = await store.LockSharedAsync(cancellation: http.RequestAborted);
        if (!upload.TryComplete(digest))
        {
            await http.Refuse(400, ErrorCode.DigestInvalid,
                $"The received content does not have the digest {digest}. The upload was discarded. Start again.");
            return;
        }
        contents.Trust(digest);
        store.Repositories.AddBlob(upload.Repository, digest);
        await CreatedAsync(http, upload.Repository, digest);
    }

    private static async Task ReceiveAsync(HttpContext http, Uploads.Open upload)
    {
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null; // a layer has no bound but the disk
        var body = http.Request.BodyReader;
        while (true)
        {
            // A buffer is taken once bytes are here: whoever sends slowly holds none.
            var read = await body.ReadAsync(http.RequestAborted);
            try
            {
                Append(upload.Blob, read.Buffer);
            }
            finally
            {
                body.AdvanceTo(read.Buffer.End); // also where the disk is full: what else comes is drained then
            }
            if (read.IsCompleted)
                return;
        }
    }

    private static void Append(PartialBlob blob, ReadOnlySequence<byte> bytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferBytes, bytes.Length));
        try
        {
            while (!bytes.IsEmpty)
            {
                var piece = bytes.Slice(0, Math.Min(buffer.Length, bytes.Length));
                piece.CopyTo(buffer);
                blob.Append(buffer.AsSpan(0, (int)piece.Length));
                bytes = bytes.Slice(piece.End);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A piece may say where it begins; then it must begin where the last one ended, and be as long as it says.</summary>
    private static bool IsInOrder(HttpContext http, Uploads.Open upload) =>
        Piece(http) is not { } piece
        || (piece.First == upload.Blob.Length && (http.Request.ContentLength is not { } length || length == piece.Last - piece.First + 1));

    /// <summary>The first and the last byte that the client says it sends; null where it says nothing.</summary>
    private static (long First, long Last)? Piece(HttpContext http) =>
        http.Request.Headers.ContentRange is not [{ } text] ? null
            : ContentRangePattern().Match(text) is { Success: true } match ? (Number(match.Groups[1]), Number(match.Groups[2]))
            : (-1, -1);

    private static long Number(Group digits) => long.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string? Parameter(HttpContext http, string name) => http.Request.Query[name];

    private static Task AnswerAsync(HttpContext http, Uploads.Open upload, int status)
    {
        Tell(http, upload);
        return http.Empty(status, upload.Location);
    }

    /// <summary>The client may go on where the answer says.</summary>
    private static Task OutOfOrderAsync(HttpContext http, Uploads.Open upload)
    {
        Tell(http, upload);
        http.Response.Headers.Location = upload.Location;
        return http.Refuse(416, ErrorCode.BlobUploadInvalid,
            $"'{http.Request.Headers.ContentRange}' is not the next chunk. {upload.Blob.Length} bytes have arrived. Continue from there.");
    }

    private static void Tell(HttpContext http, Uploads.Open upload)
    {
        http.Response.Headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, upload.Blob.Length - 1)}");
        http.Response.Headers["Docker-Upload-UUID"] = upload.Id;
    }

    private static Task CreatedAsync(HttpContext http, string repository, Digest digest)
    {
        http.ContentDigest(digest);
        return http.Empty(201, $"/v2/{repository}/blobs/{digest}");
    }

    // Not HTTP's own header: no unit and no total. Some clients send "bytes " before it.
    [GeneratedRegex(@"\A(?:bytes[ =])?([0-9]{1,18})-([0-9]{1,18})(?:/[0-9*]+)?\z")]
    private static partial Regex ContentRangePattern();
}
