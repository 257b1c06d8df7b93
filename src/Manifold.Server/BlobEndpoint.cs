using System.Globalization;
using Manifold.Content;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Manifold.Server;

/// <summary>Blobs by digest, whole or a range of them, sent by the kernel from the file.</summary>
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
            : http.Refuse(404, ErrorCode.BlobUnknown, $"Nobody pushed the blob '{digest}' to '{route.Repository}'.");

    private static async Task SendAsync(HttpContext http, string path, long size)
    {
        var (offset, count) = (0L, size);
        if (http.Request.Headers.Range is [{ } range] && RangeHeaderValue.TryParse(range, out var parsed) && parsed is { Unit.Value: "bytes", Ranges.Count: 1 })
        {
            var wanted = parsed.Ranges.First();
            offset = wanted.From ?? Math.Max(0, size - wanted.To!.Value);
            var last = wanted.From is null ? size - 1 : Math.Min(wanted.To ?? size - 1, size - 1);
            if (offset > last)
            {
                http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
                await http.Refuse(416, ErrorCode.SizeInvalid, $"The blob has {size} bytes; '{range}' begins behind them.");
                return;
            }
            count = last - offset + 1;
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{last}/{size}");
        }
        http.Response.ContentLength = count;
        if (!HttpMethods.IsHead(http.Request.Method) && count > 0)
            await http.Response.SendFileAsync(path, offset, count, http.RequestAborted);
    }
}
