using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Manifold.EndToEnd.Support;

/// <summary>Git's own http server, <c>git http-backend</c>, behind a door that opens to one <c>Authorization</c> header.</summary>
public sealed class GitServer : IDisposable
{
    private readonly HttpListener listener;
    private readonly string folder;
    private readonly string opens;

    /// <param name="folder">Has the bare repositories.</param>
    /// <param name="opens">What has to stand behind <c>Authorization: </c>.</param>
    public GitServer(string folder, string opens)
    {
        (this.folder, this.opens) = (folder, opens);
        (listener, Address) = StaticServer.Listen();
        _ = Task.Run(ServeAsync);
    }

    public string Address { get; }

    public string Host => Address["http://".Length..];

    /// <summary>Called while a client waits for its answer.</summary>
    public Action? Asked { get; set; }

    /// <summary>Status and path of each answer.</summary>
    public ConcurrentQueue<string> Answers { get; } = new();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                await AnswerAsync(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The listener ends, or a client went away.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        Asked?.Invoke();
        if (request.Headers["Authorization"] == opens)
            await RunBackendAsync(request, response);
        else
        {
            response.StatusCode = 401;
            response.Headers["WWW-Authenticate"] = "Basic realm=\"git\"";
        }
        Answers.Enqueue($"{response.StatusCode} {request.Url!.AbsolutePath}");
        response.Close();
    }

    /// <summary>Source: RFC 3875, the variables that git-http-backend(1) names.</summary>
    private async Task RunBackendAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new[]
        {
            ("GIT_PROJECT_ROOT", folder),
            ("GIT_HTTP_EXPORT_ALL", "1"), ("PATH_INFO", request.Url!.AbsolutePath), ("QUERY_STRING", request.Url.Query.TrimStart('?')),
            ("REQUEST_METHOD", request.HttpMethod),
            ("CONTENT_TYPE", request.ContentType ?? ""), ("HTTP_CONTENT_ENCODING", request.Headers["Content-Encoding"] ?? ""),
            ("HTTP_GIT_PROTOCOL", request.Headers["Git-Protocol"] ?? ""),
            ("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*"),
        })
            start.Environment[name] = value;
        using var backend = Process.Start(start)!;
        using var answer = new MemoryStream();
        var read = backend.StandardOutput.BaseStream.CopyToAsync(answer);
        await request.InputStream.CopyToAsync(backend.StandardInput.BaseStream);
        backend.StandardInput.Close();
        await read;
        await backend.WaitForExitAsync();
        var end = answer.GetBuffer().AsSpan(0, (int)answer.Length).IndexOf("\r\n\r\n"u8);
        foreach (var line in System.Text.Encoding.ASCII.GetString(answer.GetBuffer(), 0, end).Split("\r\n"))
            if (line.Split(": ", 2) is ["Status", var status])
                response.StatusCode = int.Parse(status[..3]);
            else if (line.Split(": ", 2) is ["Content-Type", var type])
                response.ContentType = type;
        await response.OutputStream.WriteAsync(answer.GetBuffer().AsMemory(end + 4, (int)answer.Length - end - 4));
    }

    public void Dispose() => listener.Close();
}
