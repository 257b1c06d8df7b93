using System.Collections.Concurrent;
using System.Net;

namespace Manifold.Tests.Support;

/// <summary>A web server on loopback that hands out files, with ETag and Last-Modified, and remembers what it was asked.</summary>
public sealed class StaticServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Dictionary<string, (byte[] Content, string ETag, DateTimeOffset Modified)> files = new(StringComparer.Ordinal);

    public StaticServer()
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = Random.Shared.Next(20000, 40000);
            listener.Prefixes.Clear();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                Address = $"http://127.0.0.1:{port}";
                break;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
            }
        }
        _ = Task.Run(ServeAsync);
    }

    public string Address { get; }

    /// <summary>A folder that is served too, each request for a file in it.</summary>
    public string? Folder { get; set; }

    /// <summary>Status and path of each answer.</summary>
    public ConcurrentQueue<string> Answers { get; } = new();

    /// <summary>So many bytes of a body are sent before the connection ends; null sends all.</summary>
    public int? CutAfter { get; set; }

    public string Put(string path, byte[] content, string etag, DateTimeOffset? modified = null)
    {
        lock (files)
            files["/" + path] = (content, $"\"{etag}\"", modified ?? new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.Zero));
        return $"{Address}/{path}";
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                Answer(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The listener ends, or a client went away.
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Url!.AbsolutePath;
        (byte[] Content, string ETag, DateTimeOffset Modified) file;
        lock (files)
            if (!files.TryGetValue(path, out file) && Folder is { } folder && File.Exists(folder + path))
                file = (File.ReadAllBytes(folder + path), "", default);
        response.StatusCode = file.Content is null ? 404 : file.ETag.Length > 0 && request.Headers["If-None-Match"] == file.ETag ? 304 : 200;
        Answers.Enqueue($"{response.StatusCode} {path}");
        if (file.ETag?.Length > 0)
        {
            response.Headers["ETag"] = file.ETag;
            response.Headers["Last-Modified"] = file.Modified.ToString("R");
        }
        if (response.StatusCode == 200)
        {
            response.ContentLength64 = file.Content!.Length;
            response.OutputStream.Write(file.Content.AsSpan(0, Math.Min(CutAfter ?? int.MaxValue, file.Content.Length)));
            if (CutAfter < file.Content.Length)
            {
                response.Abort();
                return;
            }
        }
        response.Close();
    }

    public void Dispose() => listener.Close();
}
