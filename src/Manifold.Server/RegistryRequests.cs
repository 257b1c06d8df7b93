using Manifold.Content;
using Microsoft.AspNetCore.Http;

namespace Manifold.Server;

/// <summary>Takes each request that may come in to its endpoint, and makes an answer of what went wrong.</summary>
internal sealed class RegistryRequests
{
    private readonly ServeOptions options;
    private readonly AccessControl access;
    private readonly AnsweredNames answered;
    private readonly AccessLog? log;
    private readonly ManifestEndpoint manifests;
    private readonly BlobEndpoint blobs;
    private readonly UploadEndpoint uploads;
    private readonly ListEndpoints lists;

    public RegistryRequests(Store store, ServeOptions options, AccessControl access, Uploads open, int port)
    {
        this.options = options;
        this.access = access;
        answered = new AnsweredNames(options);
        log = options.Log is { } write ? new AccessLog(write, options.Time) : null;
        var names = new RepositoryNames(store, port);
        var contents = new Contents(store, names, options);
        manifests = new ManifestEndpoint(store, names, contents);
        blobs = new BlobEndpoint(store, contents);
        uploads = new UploadEndpoint(store, contents, open);
        lists = new ListEndpoints(store, names);
    }

    public Task HandleAsync(HttpContext http) => log is null ? AnswerAsync(http) : log.AroundAsync(http, () => AnswerAsync(http));

    private async Task AnswerAsync(HttpContext http)
    {
        using var request = http.Features.Get<ClientConnection>()?.Work();
        http.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            if (request is { IsExcess: true })
                await RefuseConnectionAsync(http);
            else if (answered.Fault(http) is { } fault)
                await http.Refuse(403, ErrorCode.Denied, fault);
            else if (await access.AdmitsAsync(http))
                await DispatchAsync(http, Route.Parse(http.Request.Path.Value ?? ""));
        }
        catch (BadHttpRequestException e) when (e.StatusCode == 429 && !http.Response.HasStarted)
        {
            await http.RefuseFor(ServeLimits.ConnectionRetry, e.Message);
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            // too slow, too long, malformed
            await http.Refuse(e.StatusCode, e.StatusCode == 413 ? ErrorCode.SizeInvalid : ErrorCode.Unknown, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; what it sent stays for it to go on with.
        }
        catch (ManifoldException e)
        {
            options.Warn(e.Message);
            if (!http.Response.HasStarted)
                await http.Refuse(e is HostNotReadyException ? 507 : 500, ErrorCode.Unknown, e.Message);
        }
    }

    private static Task RefuseConnectionAsync(HttpContext http)
    {
        if (HttpProtocol.IsHttp11(http.Request.Protocol) || HttpProtocol.IsHttp10(http.Request.Protocol))
            http.Response.Headers.Connection = "close";
        return http.RefuseFor(ServeLimits.ConnectionRetry, "You have too many requests in progress. Try again later with fewer requests.");
    }

    private Task DispatchAsync(HttpContext http, Route route)
    {
        var method = http.Request.Method;
        if (Refusal(method, route) is { } why)
            return http.Refuse(405, ErrorCode.Unsupported, why);
        return (route.Endpoint, method) switch
        {
            (Endpoint.Unknown, _) => http.Refuse(404, ErrorCode.Unsupported, "Not found. The registry's API is at /v2/."),
            (Endpoint.InvalidName, _) => http.Refuse(400, ErrorCode.NameInvalid, $"'{route.Repository}' is not a repository name."),
            (Endpoint.Base, "GET" or "HEAD") => http.Json(200, "application/json", "{}"u8.ToArray()),
            (Endpoint.Catalog, "GET" or "HEAD") => lists.CatalogAsync(http),
            (Endpoint.Tags, "GET" or "HEAD") => lists.TagsAsync(http, route),
            (Endpoint.Referrers, "GET" or "HEAD") => lists.ReferrersAsync(http, route),
            (Endpoint.Manifest, "GET" or "HEAD") => manifests.GetAsync(http, route),
            (Endpoint.Manifest, "PUT") => manifests.PutAsync(http, route),
            (Endpoint.Manifest, "DELETE") => manifests.DeleteAsync(http, route),
            (Endpoint.Blob, "GET" or "HEAD") => blobs.GetAsync(http, route),
            (Endpoint.Blob, "DELETE") => blobs.DeleteAsync(http, route),
            (Endpoint.StartUpload, "POST") => uploads.StartAsync(http, route),
            (Endpoint.Upload, _) => uploads.ContinueAsync(http, route),
            _ => http.Refuse(405, ErrorCode.Unsupported, $"The method {method} is not supported here."),
        };
    }

    private string? Refusal(string method, Route route) =>
        options.ReadOnly && method is not ("GET" or "HEAD") ? "This registry is read-only (--read-only)."
        : method == "DELETE" && route.Endpoint is Endpoint.Manifest or Endpoint.Blob && !options.AllowDelete
            ? "This registry does not allow deletion. To allow deletion, start the registry with: manifold serve --allow-delete"
        : null;
}

internal static class RequestedHost
{
    /// <summary>The host and port that the client asked for: the registry's name as it spells it.</summary>
    public static string Host(this HttpContext http) => http.Request.Host.Value ?? "";
}
