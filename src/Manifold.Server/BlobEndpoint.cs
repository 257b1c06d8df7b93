using System.Globalization;
using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Blobs by digest, whole or a part of them, from the file to the connection block by block.</summary>
/// <remarks>Source: OCI distribution specification, end-2, end-10; ranges: RFC 9110, section 14.</remarks>
internal sealed class BlobEndpoint(Store store, Contents contents)
{
    public async Task GetAsync(HttpContext http, Route route)
    {
        if (!Digest.TryParse(route.Selector, out var digest))
        {
            await http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.");
            return;
        }
        if (await contents.SizeOfBlobAsync(http.Host(), route.Repository, digest, http.RequestAborted) is not { } size)
        {
            await http.Refuse(404, ErrorCode.BlobUnknown, $"'{route.Repository}' has no blob '{digest}'.");
            return;
        }
        http.ContentDigest(digest);
        http.Response.Headers.AcceptRanges = "bytes";
        http.Response.Headers.ETag = $"\"{digest}\"";
        http.Response.ContentType = "application/octet-stream";
        await SendAsync(http, store.BlobPath(digest), size);
    }

    public Task DeleteAsync(HttpContext http, Route route) =>
        !Digest.TryParse(route.Selector, out var digest) ? http.Refuse(400, ErrorCode.DigestInvalid, $"'{route.Selector}' is not a digest.")
            : store.Repositories.RemoveBlob(route.Repository, digest) ? http.Empty(202)
            : http.Refuse(404, ErrorCode.BlobUnknown, $"The blob '{digest}' was not pushed to '{route.Repository}'.");

    private static async Task SendAsync(HttpContext http, string path, long size)
    {
        var part = new ByteRange(0, size - 1);
        // A range is for GET: the answer to HEAD is about the whole.
        if (HttpMethods.IsGet(http.Request.Method) && ByteRange.TryParse(http.Request.Headers.Range, size) is { } wanted)
        {
            if (!wanted.IsSatisfiable)
            {
                http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
                await http.Refuse(416, ErrorCode.SizeInvalid,
                    $"The blob has {size} bytes, so the range '{http.Request.Headers.Range}' is not valid.");
                return;
            }
            part = wanted;
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {part.First}-{part.Last}/{size}");
        }
        http.Response.ContentLength = part.Length;
        if (!HttpMethods.IsHead(http.Request.Method) && part.Length > 0)
            await http.Response.SendFileAsync(path, part.First, part.Length, http.RequestAborted);
    }
}
