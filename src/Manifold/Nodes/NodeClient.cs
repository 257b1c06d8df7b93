using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Manifold.Content;
using Manifold.Nodes.Ssh;
using Manifold.Nodes.Units;
using Manifold.Oci;

namespace Manifold.Nodes;

/// <summary>The requests of a caller to a node. The node's server describes them.</summary>
/// <remarks>Each request ends with <see cref="NodeLostException"/> if the connection is lost. Thread-safe.</remarks>
/// <param name="connect">Connects to the node's server. Called again after a lost connection.</param>
internal sealed class NodeClient(string node, Func<CancellationToken, Task<Stream>> connect) : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) => await connect(cancellation).ConfigureAwait(false),
        ConnectTimeout = Timeout.InfiniteTimeSpan, // ssh has its own
        EnableMultipleHttp2Connections = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        // A program that hangs there keeps its connection. On a slow link, an answer waits behind the layers that are under way.
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(60),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        InitialHttp2StreamWindowSize = 4 * 1024 * 1024,
        UseProxy = false,
    })
    {
        BaseAddress = new Uri("http://node/"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public Task<NodeFacts> FactsAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, "facts", null, NodeJson.Default.NodeFacts, cancellation);

    /// <summary>Returns the blobs that the node's store does not have.</summary>
    public async Task<ImmutableHashSet<Digest>> MissingAsync(IEnumerable<Digest> digests, CancellationToken cancellation)
    {
        using var body = Json([.. digests], NodeJson.Default.ImmutableArrayDigest);
        return [.. await AskAsync(HttpMethod.Post, "missing", body, NodeJson.Default.ImmutableArrayDigest, cancellation)
            .ConfigureAwait(false)];
    }

    /// <summary>Sends a blob of the store.</summary>
    /// <param name="progress">Gets the bytes sent so far.</param>
    public async Task SendAsync(Store store, Digest digest, Action<long> progress, CancellationToken cancellation)
    {
        using var body = new BlobBody(store, digest, progress);
        using var response = await SendAsync(HttpMethod.Put, $"blobs/{digest}", body, cancellation).ConfigureAwait(false);
    }

    /// <summary>Fetches a blob into the store. Its bytes are verified.</summary>
    /// <param name="progress">Gets the bytes received so far.</param>
    public async Task FetchAsync(Store store, Descriptor blob, Action<long> progress, CancellationToken cancellation)
    {
        await using var writer = store.CreateBlob(blob.Digest);
        var buffer = new byte[BufferBytes];
        while (writer.Length < blob.Size)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"blobs/{blob.Digest}?offset={writer.Length}");
            using var response = await SendAsync(HttpMethod.Get, path, null, cancellation).ConfigureAwait(false);
            await GuardAsync(async () =>
            {
                await using var content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                for (int count; (count = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
                {
                    if (writer.Length + count > blob.Size)
                        throw Wrong($"it sent more than the {blob.Size} bytes of a blob");
                    writer.Write(buffer.AsSpan(0, count));
                    progress(writer.Length);
                }
                return true;
            }).ConfigureAwait(false);
            if (writer.Length < blob.Size)
                throw Wrong($"it sent {writer.Length} of the {blob.Size} bytes of a blob");
        }
        await writer.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
    }

    /// <summary>Starts a unit. The same id again changes nothing.</summary>
    public async Task StartAsync(string id, UnitOffer offer, CancellationToken cancellation)
    {
        using var body = Json(offer, NodeJson.Default.UnitOffer);
        using var response = await SendAsync(HttpMethod.Put, $"units/{id}", body, cancellation).ConfigureAwait(false);
    }

    /// <summary>Yields the messages of a unit after a number, until the last. Yields nothing if the node does not know the unit.</summary>
    public IAsyncEnumerable<NodeMessage> FollowAsync(string id, long after, CancellationToken cancellation) => LinesAsync(
        string.Create(CultureInfo.InvariantCulture, $"units/{id}?after={after}"), NodeJson.Default.NodeMessage, cancellation);

    public async Task StopAsync(string id, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"units/{id}", null, cancellation).ConfigureAwait(false);
    }

    /// <summary>Yields the questions of the node, until the session ends.</summary>
    public IAsyncEnumerable<NodeQuestion> QuestionsAsync(CancellationToken cancellation) =>
        LinesAsync("questions", NodeJson.Default.NodeQuestion, cancellation);

    public async Task AnswerAsync(long id, byte[] answer, string? failure, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"questions/{id}");
        using var body = new ByteArrayContent(answer);
        using var response = await SendAsync(HttpMethod.Post,
            failure is null ? path : $"{path}?failure={Uri.EscapeDataString(failure)}", body, cancellation).ConfigureAwait(false);
    }

    /// <summary>Tells the node that its caller is still there.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Post, "alive", null, cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends the session.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Post, "end", null, cancellation).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<T> LinesAsync<T>(
        string path, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellation, mayBeAbsent: true).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
            yield break;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        while (await GuardAsync(() => reader.ReadLineAsync(cancellation).AsTask()).ConfigureAwait(false) is { } line)
            yield return Parse(line, type);
    }

    private async Task<T> AskAsync<T>(
        HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await SendAsync(method, path, body, cancellation).ConfigureAwait(false);
        var text = await GuardAsync(() => response.Content.ReadAsStringAsync(cancellation)).ConfigureAwait(false);
        return Parse(text, type);
    }

    /// <exception cref="NodeUnfitException">The text is not what a node of this version sends.</exception>
    private T Parse<T>(string text, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw Wrong("it sent an empty message");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw Wrong($"it sent a message that cannot be read: {e.Message.Split(" Path:")[0].TrimEnd('.')}");
        }
    }

    private NodeUnfitException Wrong(string what) => new(node, $"{what}. Its store or its connection is damaged.", exitCode: 4);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, CancellationToken cancellation, bool mayBeAbsent = false)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = body,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var response = await GuardAsync(() => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation))
            .ConfigureAwait(false);
        if (response.IsSuccessStatusCode || (mayBeAbsent && response.StatusCode == HttpStatusCode.NotFound))
            return response;
        using (response)
        {
            var why = await GuardAsync(() => response.Content.ReadAsStringAsync(cancellation)).ConfigureAwait(false);
            throw new NodeRefusedException(node, why.Length > 0 ? why : $"it answered {(int)response.StatusCode} to {method} {path}");
        }
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or IOException)
        {
            throw Causes(e).OfType<SshException>().FirstOrDefault() is { Problem: SshProblem.CommandFailed } failed
                ? new NodeRefusedException(node, WithoutName(failed.Said ?? failed.Message))
                : new NodeLostException(node, Causes(e).Last().Message, e);
        }
    }

    /// <summary>Our own program there begins its messages with its name.</summary>
    private static string WithoutName(string said) =>
        said.StartsWith($"{Product.Name}: ", StringComparison.Ordinal) ? WithoutName(said[(Product.Name.Length + 2)..]) : said;

    private static IEnumerable<Exception> Causes(Exception e) => e.InnerException is { } inner ? Causes(inner).Prepend(e) : [e];

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(value, type));

    public void Dispose() => http.Dispose();

    /// <summary>A blob of the store as the body of a request. Each attempt reads it from its start.</summary>
    private sealed class BlobBody(Store store, Digest digest, Action<long> progress) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using var blob = store.Open(digest);
            var buffer = new byte[BufferBytes];
            var sent = 0L;
            for (int count; (count = await blob.ReadAsync(buffer).ConfigureAwait(false)) > 0; progress(sent))
            {
                await stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
                sent += count;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = store.SizeOf(digest) ?? 0;
            return length > 0;
        }
    }
}
