using System.Collections.Concurrent;
using System.Net;

namespace Manifold.Tests.Support;

/// <summary>A web server on loopback that hands out files, with ETag and Last-Modified, and remembers what it was asked.</summary>
public sealed class StaticServer : IDisposable
{
    private readonly HttpListener listener;
    private readonly Dictionary<string, (byte[] Content, string ETag, DateTimeOffset Modified)> files = new(StringComparer.Ordinal);

    public StaticServer()
    {
        (listener, Address) = Listen();
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

    /// <summary>
    /// A listener on a port that nobody else has, below those that the kernel hands out. One whose start failed is of no more use, so each
    /// attempt has its own.
    /// </summary>
    internal static (HttpListener Listener, string Address) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            var address = $"http://127.0.0.1:{Random.Shared.Next(20000, 32000)}";
            var listener = new HttpListener { Prefixes = { address + "/" } };
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 20)
            {
            }
        }
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
        response.StatusCode =
            file.Content is null ? 404 : file.ETag.Length > 0 && request.Headers["If-None-Match"] == file.ETag ? 304 : 200;
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
