using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>The specification's error codes. Source: OCI distribution specification, "Error Codes".</summary>
internal static class ErrorCode
{
    public const string BlobUnknown = "BLOB_UNKNOWN";
    public const string BlobUploadInvalid = "BLOB_UPLOAD_INVALID";
    public const string BlobUploadUnknown = "BLOB_UPLOAD_UNKNOWN";
    public const string Denied = "DENIED";
    public const string DigestInvalid = "DIGEST_INVALID";
    public const string ManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN";
    public const string ManifestInvalid = "MANIFEST_INVALID";
    public const string ManifestUnknown = "MANIFEST_UNKNOWN";
    public const string NameInvalid = "NAME_INVALID";
    public const string NameUnknown = "NAME_UNKNOWN";
    public const string SizeInvalid = "SIZE_INVALID";
    public const string TooManyRequests = "TOOMANYREQUESTS";
    public const string Unauthorized = "UNAUTHORIZED";
    public const string Unsupported = "UNSUPPORTED";
    public const string Unknown = "UNKNOWN";
}

internal sealed record ErrorEntry(string Code, string Message, string? Detail = null);

internal sealed record ErrorBody(IReadOnlyList<ErrorEntry> Errors);

internal sealed record TagsBody(string Name, IReadOnlyList<string> Tags);

internal sealed record CatalogBody(IReadOnlyList<string> Repositories);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(TagsBody))]
[JsonSerializable(typeof(CatalogBody))]
internal sealed partial class ReplyJson : JsonSerializerContext;

/// <summary>The shapes that answers have.</summary>
internal static class Reply
{
    // Quotes stay themselves: what goes wrong is read by people, also without a decoder. No browser takes it for a page.
    private static readonly ReplyJson Readable =
        new(new JsonSerializerOptions(ReplyJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static Task Refuse(this HttpContext http, int status, string code, string message) =>
        http.Refuse(status, [new ErrorEntry(code, message)]);

    /// <summary>A client has more of something than is its share; others go on.</summary>
    public static Task RefuseFor(this HttpContext http, TimeSpan wait, string message)
    {
        http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return http.Refuse(429, ErrorCode.TooManyRequests, message);
    }

    public static Task Refuse(this HttpContext http, int status, IReadOnlyList<ErrorEntry> errors) =>
        http.Json(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(new ErrorBody(errors), Readable.ErrorBody));

    public static Task Json(this HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }

    /// <summary>An answer without a body.</summary>
    public static Task Empty(this HttpContext http, int status, string? location = null)
    {
        http.Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
            http.Response.ContentLength = 0;
        if (location is not null)
            http.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    public static void ContentDigest(this HttpContext http, Digest digest) =>
        http.Response.Headers["Docker-Content-Digest"] = digest.ToString();
}
