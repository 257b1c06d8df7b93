using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Server;

namespace Manifold.Tests.Support;

/// <summary>A registry over a store of its own, and a client that knows nothing of either.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly RegistryServer server;

    private RunningServer(TemporaryFolder folder, Store store, RegistryServer server, HttpClient http) =>
        (this.folder, Store, this.server, Http) = (folder, store, server, http);

    public Store Store { get; }
    public HttpClient Http { get; }
    public List<string> Warnings { get; } = [];
    public string Authority => server.Address.ToString();
    public int Port => server.Address.Port;

    internal static async Task<RunningServer> StartAsync(Func<ServeOptions, ServeOptions>? with = null)
    {
        var folder = new TemporaryFolder();
        var store = Store.Open(folder["store"]);
        RunningServer? self = null;
        var options = new ServeOptions { Listen = new(IPAddress.Loopback, 0), Warn = message => self?.Warnings.Add(message) };
        options = with?.Invoke(options) ?? options;
        RegistryServer server;
        try
        {
            server = await RegistryServer.StartAsync(store, options);
        }
        catch
        {
            store.Dispose();
            folder.Dispose();
            throw;
        }
        var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => IsTheOneOf(options, shown!) },
        })
        {
            BaseAddress = new Uri($"{(options.TlsCertificate is null ? "http" : "https")}://{server.Address}"),
            DefaultRequestVersion = HttpVersion.Version20,
        };
        return self = new RunningServer(folder, store, server, http);
    }

    private static bool IsTheOneOf(ServeOptions options, X509Certificate shown) =>
        X509CertificateLoader.LoadCertificateFromFile(options.TlsCertificate!).GetCertHashString() == shown.GetCertHashString();

    public string this[string relative] => folder[relative];

    public Task<HttpResponseMessage> Send(
        string method, string path, byte[]? body = null, string? type = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Version = Http.DefaultRequestVersion };
        if (body is not null)
            request.Content = new ByteArrayContent(body);
        if (type is not null)
            request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
        }
        return Http.SendAsync(request);
    }

    /// <summary>Pushes a blob in one request.</summary>
    public async Task<Descriptor> PushBlob(string repository, byte[] content, string mediaType = "application/octet-stream")
    {
        var digest = Digest.Of(content);
        using var answer = await Send("POST", $"/v2/{repository}/blobs/uploads/?digest={digest}", content);
        Assert.Equal(201, (int)answer.StatusCode);
        return new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length };
    }

    /// <summary>Pushes an image of one layer under a tag or digest, and returns its descriptor.</summary>
    public async Task<Descriptor> PushImage(string repository, string content, string? tag, Func<Manifest, Manifest>? with = null)
    {
        var config = await PushBlob(repository, "{}"u8.ToArray(), MediaType.Config);
        var layer = await PushBlob(repository, System.Text.Encoding.UTF8.GetBytes(content), MediaType.Layer);
        var manifest = new Manifest { Config = config, Layers = [layer] };
        var bytes = (with?.Invoke(manifest) ?? manifest).ToJson();
        using var answer = await Send("PUT", $"/v2/{repository}/manifests/{tag ?? Digest.Of(bytes).ToString()}", bytes, MediaType.Manifest);
        Assert.Equal(201, (int)answer.StatusCode);
        return new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of(bytes), Size = bytes.Length };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await server.DisposeAsync();
        Store.Dispose();
        folder.Dispose();
    }
}

/// <summary>What the assertions ask of an answer.</summary>
internal static class Answers
{
    public static async Task<HttpResponseMessage> Is(this Task<HttpResponseMessage> sending, int status, string? code = null)
    {
        var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status,
            $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri}: {(int)answer.StatusCode} instead of {status}\n{body}");
        if (code is not null)
            Assert.Equal(code,
                System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("errors")[0].GetProperty("code").GetString());
        return answer;
    }

    public static string? Header(this HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;
}
