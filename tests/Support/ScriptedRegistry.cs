using System.Collections.Concurrent;
using System.Globalization;
using Manifold.Oci;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Manifold.Tests.Support;

/// <summary>A registry in memory that misbehaves as it is told. It keeps what it was asked, in order.</summary>
public sealed class ScriptedRegistry : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly ConcurrentDictionary<string, MemoryStream> uploads = new();
    private int underWay;

    private ScriptedRegistry(WebApplication application) => this.application = application;

    public string Name { get; private set; } = "";
    public ConcurrentDictionary<Digest, byte[]> Blobs { get; } = new();

    /// <summary>By <c>repository:tag</c> and <c>repository@digest</c>.</summary>
    public ConcurrentDictionary<string, (string Type, byte[] Bytes)> Manifests { get; } = new();

    /// <summary>Which repository has which blob.</summary>
    public ConcurrentDictionary<(string Repository, Digest Digest), byte> Linked { get; } = new();

    public ConcurrentQueue<Asked> Requests { get; } = new();
    public int MostAtOnce { get; private set; }
    public int OpenUploads => uploads.Count;

    /// <summary>Runs before the registry; true means that it has answered.</summary>
    public Func<HttpContext, Task<bool>>? Fault { get; set; }

    public sealed record Asked(string Method, string Path, string Query, string? Authorization, string? Range, string? ContentRange);

    public static async Task<ScriptedRegistry> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions()); // hundreds of tests start one each
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var registry = new ScriptedRegistry(builder.Build());
        registry.application.Run(registry.AnswerAsync);
        await registry.application.StartAsync();
        registry.Name = registry.application.Urls.Single()["http://".Length..];
        return registry;
    }

    public ImageReference Reference(string name) => ImageReference.Parse($"{Name}/{name}");

    public Descriptor AddBlob(string repository, byte[] content, string mediaType = MediaType.LayerGzip)
    {
        var digest = Digest.Of(content);
        Blobs[digest] = content;
        Linked[(repository, digest)] = 0;
        return new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length };
    }

    public Descriptor AddManifest(string repository, string tag, byte[] content, string mediaType = MediaType.Manifest)
    {
        var digest = Digest.Of(content);
        Manifests[$"{repository}:{tag}"] = Manifests[$"{repository}@{digest}"] = (mediaType, content);
        return new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length };
    }

    /// <summary>An image of one layer.</summary>
    public Descriptor AddImage(string repository, string tag, byte[] layer, string platform = "linux/amd64")
    {
        var parsed = Platform.Parse(platform);
        var config = new ImageConfig { Os = parsed.Os, Architecture = parsed.Architecture, Variant = parsed.Variant };
        return AddManifest(repository, tag, new Manifest
        {
            Config = AddBlob(repository, config.ToJson(), MediaType.Config),
            Layers = [AddBlob(repository, layer)],
        }.ToJson());
    }

    /// <summary>Forgets a manifest under its digest; tags that name it stay.</summary>
    public void Lose(string repository, Digest manifest) => Assert.True(Manifests.TryRemove($"{repository}@{manifest}", out _));

    /// <summary>Forgets a blob in all repositories.</summary>
    public void LoseBlob(Digest blob)
    {
        foreach (var link in Linked.Keys.Where(link => link.Digest == blob))
            Linked.TryRemove(link, out _);
    }

    /// <summary>Remembers what the repositories have. The action brings them back to it.</summary>
    public Action Remember()
    {
        var (manifests, linked) = (Manifests.ToArray(), Linked.ToArray());
        return () =>
        {
            Manifests.Clear();
            Linked.Clear();
            foreach (var (name, manifest) in manifests)
                Manifests[name] = manifest;
            foreach (var (link, _) in linked)
                Linked[link] = 0;
        };
    }

    /// <summary>From now on an index is refused that lists what the repository does not have, as by Debian's registry.</summary>
    public void ChecksIndexes() => Fault = async context =>
    {
        if (context.Request is not { Method: "PUT", ContentType: MediaType.Index }
            || context.Request.Path.Value!.Split("/manifests/") is not [var repository, _])
            return false;
        var bytes = await ReadAsync(context);
        context.Request.Body = new MemoryStream(bytes);
        if (ImageIndex.Parse(bytes).Manifests.All(entry => Manifests.ContainsKey($"{repository["/v2/".Length..]}@{entry.Digest}")))
            return false;
        await RefuseAsync(context, 400, "MANIFEST_BLOB_UNKNOWN");
        return true;
    };

    public int Count(string method, string pathPart) =>
        Requests.Count(request => request.Method == method && request.Path.Contains(pathPart, StringComparison.Ordinal));

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        Requests.Enqueue(new Asked(request.Method, request.Path,
            request.QueryString.Value ?? "", Header(request, "Authorization"), Header(request, "Range"), Header(request, "Content-Range")));
        lock (Blobs)
            MostAtOnce = Math.Max(MostAtOnce, ++underWay);
        try
        {
            if (Fault is null || !await Fault(context))
                await ServeAsync(context);
        }
        finally
        {
            lock (Blobs)
                underWay--;
        }
    }

    private static string? Header(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    private Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/v2/")
            return Task.CompletedTask;
        foreach (var (part, serve) in new (string, Func<HttpContext, string, string, Task>)[]
                 { ("/blobs/uploads/", UploadAsync), ("/blobs/", BlobAsync), ("/manifests/", ManifestAsync) })
        {
            if (path.IndexOf(part, StringComparison.Ordinal) is > 3 and var at)
                return serve(context, path[4..at], path[(at + part.Length)..]);
        }
        return RefuseAsync(context, 404, "NAME_UNKNOWN");
    }

    private async Task ManifestAsync(HttpContext context, string repository, string selector)
    {
        var key = repository + (selector.Contains(':') ? '@' : ':') + selector;
        if (context.Request.Method == "PUT")
        {
            var bytes = await ReadAsync(context);
            Manifests[key] = Manifests[$"{repository}@{Digest.Of(bytes)}"] = (context.Request.ContentType!, bytes);
            context.Response.StatusCode = 201;
            context.Response.Headers["Docker-Content-Digest"] = Digest.Of(bytes).ToString();
            return;
        }
        if (context.Request.Method == "DELETE")
        {
            context.Response.StatusCode = Manifests.TryRemove(key, out _) ? 202 : 404;
            return;
        }
        if (!Manifests.TryGetValue(key, out var manifest))
        {
            await RefuseAsync(context, 404, "MANIFEST_UNKNOWN");
            return;
        }
        context.Response.Headers["Docker-Content-Digest"] = Digest.Of(manifest.Bytes).ToString();
        context.Response.ContentType = manifest.Type;
        context.Response.ContentLength = manifest.Bytes.Length;
        if (context.Request.Method == "GET")
            await context.Response.Body.WriteAsync(manifest.Bytes);
    }

    private async Task BlobAsync(HttpContext context, string repository, string digest)
    {
        if (!Linked.ContainsKey((repository, Digest.Parse(digest))))
        {
            await RefuseAsync(context, 404, "BLOB_UNKNOWN");
            return;
        }
        var content = Blobs[Digest.Parse(digest)].AsMemory();
        if (Header(context.Request, "Range") is { } range && !content.IsEmpty) // of an empty file Go's server ignores it
        {
            var begin = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            if (begin >= content.Length)
            {
                context.Response.StatusCode = 416;
                context.Response.Headers.ContentRange = $"bytes */{content.Length}";
                return;
            }
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {begin}-{content.Length - 1}/{content.Length}";
            content = content[begin..];
        }
        context.Response.ContentLength = content.Length;
        if (context.Request.Method == "GET")
            await context.Response.Body.WriteAsync(content);
    }

    private async Task UploadAsync(HttpContext context, string repository, string session)
    {
        var (request, response) = (context.Request, context.Response);
        if (request.Method == "POST")
        {
            if (request.Query["mount"].ToString() is { Length: > 0 } mount
                && Linked.ContainsKey((request.Query["from"].ToString(), Digest.Parse(mount))))
            {
                Linked[(repository, Digest.Parse(mount))] = 0;
                response.StatusCode = 201;
                return;
            }
            uploads[session = Guid.NewGuid().ToString("N")] = new MemoryStream();
        }
        if (!uploads.TryGetValue(session, out var upload))
        {
            await RefuseAsync(context, 404, "BLOB_UPLOAD_UNKNOWN");
            return;
        }
        if (request.Method == "DELETE")
        {
            uploads.TryRemove(session, out _);
            response.StatusCode = 204;
            return;
        }
        if (Header(request, "Content-Range") is { } range && long.Parse(range.Split('-')[0], CultureInfo.InvariantCulture) != upload.Length)
        {
            response.StatusCode = 416;
            return;
        }
        await KeepAsync(request, upload);
        response.Headers.Location = $"/v2/{repository}/blobs/uploads/{session}?state=secret-state";
        response.Headers["Range"] = $"0-{Math.Max(0, upload.Length - 1)}";
        response.StatusCode = request.Method == "GET" ? 204 : 202;
        if (request.Method == "PUT")
            await FinishAsync(context, repository, session, upload.ToArray());
    }

    private async Task FinishAsync(HttpContext context, string repository, string session, byte[] content)
    {
        uploads.TryRemove(session, out _);
        if (Digest.Of(content).ToString() != context.Request.Query["digest"])
        {
            await RefuseAsync(context, 400, "DIGEST_INVALID");
            return;
        }
        AddBlob(repository, content);
        context.Response.StatusCode = 201;
    }

    /// <summary>Keeps what arrives even if the rest never does, as the specification allows.</summary>
    private static async Task KeepAsync(HttpRequest request, MemoryStream upload)
    {
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer) is > 0 and var count)
            upload.Write(buffer, 0, count);
    }

    public static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public static Task RefuseAsync(HttpContext context, int status, string code, string message = "as the script says")
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { errors = new[] { new { code, message } } });
    }

    public async ValueTask DisposeAsync()
    {
        await application.StopAsync(new CancellationToken(true));
        await application.DisposeAsync();
    }
}
