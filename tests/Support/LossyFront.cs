using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Manifold.Tests.Support;

/// <summary>What a request to a registry is for.</summary>
public enum RequestKind
{
    Token,
    ManifestHead,
    ManifestGet,
    ManifestPut,
    BlobHead,
    BlobGet,
    UploadPost,
    UploadPatch,
    UploadStatus,
    UploadPut,
    Mount,
    TagsList,
    Referrers,
}

/// <summary>What goes wrong with it.</summary>
public enum Fault
{
    CutBefore, CutInRequest, AnswerLost, CutAnswer, TooManyRequests, Error500, Error502, WrongDigest, Silence,
}

/// <summary>
/// Stands before a real registry, asks for tokens, and spoils the first requests of one kind to each repository that is called after a
/// fault.
/// </summary>
public sealed class LossyFront : IAsyncDisposable
{
    public const string Password = "fr0nt-passw0rd-never-shown", TokenSecret = "fr0nt-t0ken-never-shown";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    private readonly WebApplication application;
    private readonly string upstream;
    private readonly RequestKind spoiled;
    private readonly ConcurrentDictionary<Fault, int> left;
    private readonly ConcurrentDictionary<Fault, int> cutPatches = new();

    private LossyFront(WebApplication application, string upstream, RequestKind spoiled)
    {
        (this.application, this.upstream, this.spoiled) = (application, upstream, spoiled);
        left = new(Enum.GetValues<Fault>().ToDictionary(fault => fault, TimesOf));
    }

    private static int TimesOf(Fault fault) => fault is Fault.WrongDigest or Fault.Silence ? 1 : 2;

    public string Name { get; private set; } = "";

    /// <summary>Called while a client waits for an answer that does not come, now and then until it gives up.</summary>
    public Action WhileSilent { get; set; } = () => { };

    public bool HasSpoiled(Fault fault) => left[fault] < TimesOf(fault);

    public static async Task<LossyFront> StartAsync(string upstream, RequestKind kind)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var front = new LossyFront(builder.Build(), upstream, kind);
        front.application.Run(front.AnswerAsync);
        await front.application.StartAsync();
        front.Name = front.application.Urls.Single()["http://".Length..];
        return front;
    }

    private static RequestKind? KindOf(HttpRequest request)
    {
        var path = request.Path.Value!;
        return (request.Method, path) switch
        {
            (_, "/token") => RequestKind.Token,
            ("POST", _) when request.Query.ContainsKey("mount") => RequestKind.Mount,
            ("POST", _) => RequestKind.UploadPost,
            ("PATCH", _) => RequestKind.UploadPatch,
            ("GET", _) when path.Contains("/blobs/uploads/") => RequestKind.UploadStatus,
            ("PUT", _) when path.Contains("/blobs/uploads/") => RequestKind.UploadPut,
            ("HEAD", _) when path.Contains("/blobs/") => RequestKind.BlobHead,
            ("GET", _) when path.Contains("/blobs/") => RequestKind.BlobGet,
            ("HEAD", _) when path.Contains("/manifests/") => RequestKind.ManifestHead,
            ("GET", _) when path.Contains("/manifests/") => RequestKind.ManifestGet,
            ("PUT", _) when path.Contains("/manifests/") => RequestKind.ManifestPut,
            ("GET", _) when path.EndsWith("/tags/list", StringComparison.Ordinal) => RequestKind.TagsList,
            ("GET", _) when path.Contains("/referrers/") => RequestKind.Referrers,
            _ => null,
        };
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var kind = KindOf(context.Request);
        var named = kind is RequestKind.Token
            ? context.Request.Query["scope"].ToString().Split(':').ElementAtOrDefault(1)
            : context.Request.Path.Value!.Split('/').ElementAtOrDefault(2);
        var known = Enum.TryParse<Fault>(named?.Split('-')[0], ignoreCase: true, out var fault);
        if (kind is not RequestKind.Token && context.Request.Headers.Authorization != $"Bearer {TokenSecret}")
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Name}/token\",service=\"front\"";
            return;
        }
        if (kind is RequestKind.UploadPatch && spoiled is RequestKind.UploadStatus && cutPatches.TryAdd(fault, 1))
        {
            await context.Request.Body.ReadAtLeastAsync(new byte[1000], 1000, throwOnEndOfStream: false);
            context.Abort();
            return;
        }
        if (!known || kind != spoiled || left.AddOrUpdate(fault, 0, (_, count) => count - 1) < 0)
            await SendAsync(context, await ForwardAsync(context));
        else
            await SpoilAsync(context, fault);
    }

    private async Task SpoilAsync(HttpContext context, Fault fault)
    {
        switch (fault)
        {
            case Fault.CutBefore:
                context.Abort();
                return;
            case Fault.CutInRequest:
                await context.Request.Body.ReadAtLeastAsync(new byte[5000], 5000, throwOnEndOfStream: false);
                context.Abort();
                return;
            case Fault.AnswerLost:
                await ForwardAsync(context);
                context.Abort();
                return;
            case Fault.TooManyRequests or Fault.Error500 or Fault.Error502:
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.StatusCode = fault switch { Fault.TooManyRequests => 429, Fault.Error500 => 500, _ => 502 };
                if (fault is Fault.TooManyRequests)
                    context.Response.Headers.RetryAfter = "0";
                await context.Response.WriteAsync(fault is Fault.Error502 ? "<html>bad gateway</html>" : "");
                return;
            case Fault.WrongDigest:
                await SendAsync(context, Damaged(await ForwardAsync(context)));
                return;
            case Fault.CutAnswer:
                var whole = await ForwardAsync(context);
                await SendAsync(context, whole with
                {
                    Body =
                        whole.Body[..(whole.Body.Length / 2)],
                    Length = whole.Body.Length > 0 ? whole.Body.Length : whole.Length,
                });
                context.Abort();
                return;
            default:
                await context.Request.Body.CopyToAsync(Stream.Null);
                for (var tries = 0; tries < 60 && !context.RequestAborted.IsCancellationRequested; tries++)
                {
                    WhileSilent();
                    await Task.Delay(2000, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                }
                return;
        }
    }

    private sealed record Answer(int Status, List<(string Name, string Value)> Headers, byte[] Body, long? Length);

    private static Answer Damaged(Answer answer)
    {
        var body = answer.Body.ToArray();
        if (body.Length > 0)
            body[body.Length / 2] ^= 0x55;
        return answer with
        {
            Body = body,
            Headers = [.. answer.Headers.Select(
                header => header.Name == "Docker-Content-Digest" ? (header.Name, "sha256:" + new string('0', 64)) : header)],
        };
    }

    private async Task<Answer> ForwardAsync(HttpContext context)
    {
        if (context.Request.Path == "/token")
            return new Answer(200, [("Content-Type", "application/json")],
                System.Text.Encoding.UTF8.GetBytes($$"""{"token":"{{TokenSecret}}","expires_in":300}"""), null);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method),
            $"http://{upstream}{context.Request.Path}{context.Request.QueryString}");
        request.Headers.Host = Name;
        if (context.Request.Method is "PUT" or "PATCH" or "POST")
            request.Content = new ByteArrayContent(body.ToArray());
        foreach (var header in context.Request.Headers.Where(
            header => header.Key is not ("Host" or "Authorization" or "Content-Length" or "Transfer-Encoding")))
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray()))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray());
        }
        using var response = await Http.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(header => header.Key is not ("Transfer-Encoding" or "Content-Length" or "Connection"))
            .Select(header => (header.Key, string.Join(", ", header.Value))).ToList();
        return new Answer((int)response.StatusCode,
            headers, await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentLength);
    }

    private static async Task SendAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        if (answer.Status is not (204 or 304))
            context.Response.ContentLength = answer.Length ?? answer.Body.Length;
        if (context.Request.Method == "HEAD")
            return;
        await context.Response.Body.WriteAsync(answer.Body);
        await context.Response.Body.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await application.StopAsync(new CancellationToken(true));
        await application.DisposeAsync();
    }
}
