using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Manifold.Server;

namespace Manifold.Tests.Server;

/// <summary>No client takes the server from the others. Each address of loopback is a client.</summary>
public sealed class SharingAmongClients : IAsyncLifetime
{
    private static readonly IPAddress Greedy = IPAddress.Loopback, Other = IPAddress.Parse("127.0.0.2");
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly List<TcpClient> open = [];
    private RunningServer server = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        open.ForEach(connection => connection.Dispose());
        if (server is not null)
            await server.DisposeAsync();
    }

    [Fact]
    public async Task who_says_nothing_is_cut_after_the_time_that_the_limit_says()
    {
        await StartAsync(options => options with { SilentTime = TimeSpan.FromSeconds(1) });
        var connections = new List<(string Said, Stream Stream)>();
        foreach (var said in (string[])
            [
                "",
                "GET /v2/ HT",
                "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX: ",
                "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n", // answered, and nothing more asked for
            ])
        {
            connections.Add((said, await ConnectAsync(Greedy)));
            await connections[^1].Stream.WriteAsync(Encoding.ASCII.GetBytes(said));
        }
        foreach (var (said, connection) in connections)
        {
            var failure = await Record.ExceptionAsync(() => IsCut(connection));
            Assert.True(failure is null, $"After '{said}': {failure}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task so_is_who_says_nothing_before_or_after_the_greetings_of_tls(bool greets)
    {
        using var folder = new TemporaryFolder();
        var files = PemFiles.Write(folder);
        await StartAsync(options => options with
        {
            SilentTime = TimeSpan.FromSeconds(1),
            TlsCertificate = files.Certificate,
            TlsKey = files.Key
        });
        var connection = await ConnectAsync(Greedy);
        if (!greets)
        {
            await IsCut(connection);
            return;
        }
        await using var tls = new SslStream(connection, leaveInnerStreamOpen: false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", ApplicationProtocols = [SslApplicationProtocol.Http2] });
        await IsCut(tls);
    }

    [Fact]
    public void the_limit_is_15_seconds_wherever_a_client_may_say_nothing() =>
        Assert.Equal(TimeSpan.FromSeconds(15), new ServeOptions().SilentTime);

    [Fact]
    public async Task silent_connections_keep_nobody_out_not_even_their_own_client()
    {
        await StartAsync(options => options with { Connections = 20, ConnectionsOfOne = 8, SilentTime = Hang });
        for (var i = 0; i < 100; i++)
            await ConnectAsync(Greedy);
        foreach (var client in new[] { Other, Greedy })
            Assert.Contains(" 200 ", await Ask(client));
    }

    [Fact]
    public async Task silent_connections_of_many_clients_keep_nobody_out()
    {
        await StartAsync(options => options with { Connections = 20, ConnectionsOfOne = 8, SilentTime = Hang });
        for (var i = 0; i < 100; i++)
            await ConnectAsync(IPAddress.Parse($"127.0.1.{1 + (i % 10)}"));
        foreach (var client in new[] { Other, IPAddress.Parse("127.0.1.1") })
            Assert.Contains(" 200 ", await Ask(client));
    }

    [Fact]
    public async Task who_keeps_all_its_connections_at_work_is_told_to_wait_and_others_go_on()
    {
        await StartAsync(options => options with
        {
            Connections = 20,
            ConnectionsOfOne = 3,
            SilentTime = Hang,
            SlowGrace = Hang,
            StillTime = Hang
        });
        var slow = new List<NetworkStream>();
        for (var i = 0; i < 3; i++)
            slow.Add(await SendSlowly(Greedy));

        var refused = await Ask(Greedy);
        Assert.Contains(" 429 ", refused);
        Assert.Contains("Retry-After: ", refused);
        Assert.Contains("TOOMANYREQUESTS", refused);
        Assert.Contains(" 200 ", await Ask(Other));

        slow[0].Dispose();
        await Eventually.Is(async () => (await Ask(Greedy)).Contains(" 200 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task many_requests_on_one_connection_count_as_many()
    {
        using var folder = new TemporaryFolder();
        var files = PemFiles.Write(folder);
        await StartAsync(options => options with
        {
            ConnectionsOfOne = 5,
            SlowGrace = Hang,
            StillTime = Hang,
            TlsCertificate = files.Certificate,
            TlsKey = files.Key
        });
        using var hold = new CancellationTokenSource();
        var begun = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            using var answer = await server.Send("POST", "/v2/a/blobs/uploads/").Is(202);
            Assert.Equal(HttpVersion.Version20, answer.Version);
            begun.Add(answer.Header("Location")!);
        }
        var slow = new List<Task<HttpResponseMessage>>();
        foreach (var location in begun)
            slow.Add(await SendSlowly(location, hold));
        Assert.Equal(429, (int)(await server.Send("GET", "/v2/")).StatusCode);
        await hold.CancelAsync();
        await Task.WhenAll(slow);
        await Eventually.Is(async () => (int)(await server.Send("GET", "/v2/")).StatusCode == 200);
    }

    /// <summary>Returns when the server reads the body. Sends it again if it is refused: the request before may still count.</summary>
    private async Task<Task<HttpResponseMessage>> SendSlowly(string location, CancellationTokenSource end)
    {
        Task<HttpResponseMessage> answer = null!;
        await Eventually.Is(async () =>
        {
            var body = new Endless(end.Token);
            answer = server.Http.SendAsync(
                new HttpRequestMessage(HttpMethod.Patch, location) { Version = HttpVersion.Version20, Content = body });
            if (await Eventually.Ends(Task.WhenAny(body.IsRead, answer)) == body.IsRead)
                return true;
            await answer.Is(429);
            return false;
        });
        return answer;
    }

    /// <summary>A body that ends on request.</summary>
    private sealed class Endless(CancellationToken end) : HttpContent
    {
        // More than the server takes of a stream before somebody reads it (Kestrel's window is 768 kB).
        private static readonly byte[] Start = new byte[2_000_000];

        private readonly TaskCompletionSource read = new();

        /// <summary>Ends when the server reads the body, and so counts the request.</summary>
        public Task IsRead => read.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Start);
            await stream.FlushAsync();
            read.SetResult();
            await Task.Delay(Timeout.Infinite, end).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task who_sends_or_takes_nothing_in_the_midst_of_a_request_gives_its_place_to_the_next(bool sends)
    {
        await StartAsync(options => options with
        {
            Connections = 20,
            ConnectionsOfOne = 3,
            SilentTime = Hang,
            SlowGrace = Hang,
            StillTime = TimeSpan.Zero
        });
        var large = await server.PushBlob("a", new byte[50_000_000]);
        server.Http.Dispose(); // its connections are the same client's
        for (var i = 0; i < 3; i++)
        {
            if (sends)
                await SendSlowly(Greedy);
            else
                await TakeSlowly(Greedy, $"/v2/a/blobs/{large.Digest}");
        }
        Assert.Contains(" 200 ", await Ask(Greedy));
        Assert.Contains(" 200 ", await Ask(Other));
    }

    [Fact]
    public async Task begun_uploads_of_one_lock_out_nobody_else()
    {
        await StartAsync(options => options with { OpenUploadsOfOne = 5, OpenUploads = 100 });
        for (var i = 0; i < 5; i++)
            Assert.Contains(" 202 ", await Ask(Greedy, "POST", "/v2/a/blobs/uploads/"));
        var refused = await Ask(Greedy, "POST", "/v2/a/blobs/uploads/");
        Assert.Contains(" 429 ", refused);
        Assert.Matches("Retry-After: [1-9]", refused);
        Assert.Contains(" 202 ", await Ask(Other, "POST", "/v2/a/blobs/uploads/"));
    }

    private async Task StartAsync(Func<ServeOptions, ServeOptions> with) => server = await RunningServer.StartAsync(with);

    private async Task<NetworkStream> ConnectAsync(IPAddress from)
    {
        var connection = new TcpClient(new IPEndPoint(from, 0));
        open.Add(connection);
        await connection.ConnectAsync(IPAddress.Loopback, server.Port);
        return connection.GetStream();
    }

    private async Task<string> Ask(IPAddress from, string method = "GET", string path = "/v2/")
    {
        var connection = await ConnectAsync(from);
        await connection.WriteAsync(
            Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        return await new StreamReader(connection).ReadToEndAsync().WaitAsync(Hang);
    }

    /// <summary>Returns when the server reads the body.</summary>
    private async Task<NetworkStream> SendSlowly(IPAddress from)
    {
        var connection = await ConnectAsync(from);
        await connection.WriteAsync(
            "PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        Assert.Contains(" 100 ", await new StreamReader(connection).ReadLineAsync().WaitAsync(Hang));
        return connection;
    }

    /// <summary>Returns when the answer has begun to arrive.</summary>
    private async Task<NetworkStream> TakeSlowly(IPAddress from, string path)
    {
        var connection = await ConnectAsync(from);
        await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.True(await connection.ReadAsync(new byte[1]).AsTask().WaitAsync(Hang) > 0);
        return connection;
    }

    private static async Task IsCut(Stream connection)
    {
        try
        {
            while (await connection.ReadAsync(new byte[4096]).AsTask().WaitAsync(Hang) > 0)
            {
                // The answer to what was said, or 408.
            }
        }
        catch (IOException)
        {
            // Reset.
        }
    }
}
