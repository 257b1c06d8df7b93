using System.Collections.Concurrent;
using System.Net;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Manifold.EndToEnd.Publishing;

/// <summary>
/// Stands before a real registry, hands everything on, and lets a test step in at any request. Serves any number of tests' repositories at
/// once.
/// </summary>
public sealed class Front : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly DebianRegistry registry;
    private readonly HttpClient behind =
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentDictionary<string, Func<Passing, Task>> steps = new();
    private readonly ConcurrentDictionary<string, int> underWay = new();

    private Front(WebApplication application, DebianRegistry registry) => (this.application, this.registry) = (application, registry);

    public string Name { get; private set; } = "";

    /// <summary>The registry itself, past this front.</summary>
    public string Behind => registry.Name;

    public static async Task<Front> StartAsync()
    {
        var registry = await DebianRegistry.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var front = new Front(builder.Build(), registry);
        front.application.Run(front.PassAsync);
        await front.application.StartAsync();
        front.Name = front.application.Urls.Single()["http://".Length..];
        return front;
    }

    public ImageReference Reference(string name) => ImageReference.Parse($"{Name}/{name}");

    /// <summary>Runs for each request to a repository below <paramref name="folder"/>; it must pass the request on, or answer it.</summary>
    public void Step(string folder, Func<Passing, Task> step) => steps[folder] = step;

    /// <summary>Waits until no request is under way any more: what a killed client sent whole still reaches the registry.</summary>
    public async Task IsQuietAsync(string folder)
    {
        while (underWay.GetValueOrDefault(folder) > 0)
            await Task.Delay(5);
    }

    private async Task PassAsync(HttpContext context)
    {
        var passing = new Passing(context, registry.Name, behind);
        var folder = context.Request.Path.Value!.Split('/') is ["", "v2", var name, ..] ? name : "";
        underWay.AddOrUpdate(folder, 1, (_, count) => count + 1);
        try
        {
            await (steps.TryGetValue(folder, out var step) ? step(passing) : passing.AnswerAsync());
        }
        finally
        {
            underWay.AddOrUpdate(folder, 0, (_, count) => count - 1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await application.StopAsync(new CancellationToken(true));
        await application.DisposeAsync();
        behind.Dispose();
        await registry.DisposeAsync();
    }
}

/// <summary>One request on its way to the registry.</summary>
public sealed class Passing(HttpContext context, string registry, HttpClient behind)
{
    private HttpResponseMessage? answer;

    public HttpRequest Request => context.Request;
    public string Path => Request.Path.Value!;
    public HttpStatusCode? Status => answer?.StatusCode;

    /// <summary>Set when the client has gone.</summary>
    public CancellationToken Gone => context.RequestAborted;

    /// <summary>The tag that this request writes, or null.</summary>
    public string? WritesTag =>
        Request.Method == "PUT" && Path.Split("/manifests/") is [_, var selector] && !selector.Contains(':', StringComparison.Ordinal)
            ? selector
            : null;

    /// <summary>The blob that this request ends the upload of, or null.</summary>
    public string? EndsUpload => Request.Method == "PUT" && Path.Contains("/blobs/uploads/", StringComparison.Ordinal)
        ? $"{Path.Split("/blobs/")[0]} {Request.Query["digest"]}"
        : null;

    /// <summary>Lets the registry do its work, without a word to the client.</summary>
    /// <param name="bytes">At most so many of the body; the connection is cut behind them.</param>
    public async Task ForwardAsync(long? bytes = null)
    {
        using var message = new HttpRequestMessage(new HttpMethod(Request.Method), $"http://{registry}{Request.Path}{Request.QueryString}")
        {
            Version = HttpVersion.Version11,
        };
        if (Request.ContentLength is { } length)
            message.Content = new StreamContent(bytes is null ? Request.Body : new CutStream(Request.Body, bytes.Value))
            {
                Headers = { ContentLength = length },
            };
        foreach (var (name, value) in Request.Headers.Where(header => header.Key is not ("Connection" or "Content-Length")))
        {
            if (!message.Headers.TryAddWithoutValidation(name, value.ToString()))
                message.Content?.Headers.TryAddWithoutValidation(name, value.ToString());
        }
        try
        {
            answer = await behind.SendAsync(message, HttpCompletionOption.ResponseContentRead);
        }
        catch (HttpRequestException) when (bytes is not null)
        {
            // As it should be.
        }
    }

    /// <summary>The registry's answer to the client.</summary>
    public async Task AnswerAsync()
    {
        if (answer is null)
            await ForwardAsync();
        context.Response.StatusCode = (int)answer!.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key is not ("Transfer-Encoding" or "Connection" or "Keep-Alive")))
            context.Response.Headers[name] = values.ToArray();
        if (Request.Method != "HEAD" && answer.StatusCode is not HttpStatusCode.NoContent)
            await context.Response.Body.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
    }

    public Task RefuseAsync(int status, string code, string message) => ScriptedRegistry.RefuseAsync(context, status, code, message);

    public void Cut() => context.Features.Get<IHttpRequestLifetimeFeature>()!.Abort();

    private sealed class CutStream(Stream inner, long rest) : Stream
    {
        private long left = rest;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (left == 0)
                throw new IOException("cut");
            var count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken);
            left -= count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
