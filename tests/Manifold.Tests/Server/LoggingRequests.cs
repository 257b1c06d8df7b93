namespace Manifold.Tests.Server;

public sealed class LoggingRequests
{
    [Fact]
    public async Task a_line_tells_who_asked_for_what_and_never_a_password()
    {
        using var folder = new TemporaryFolder();
        var lines = new List<string>();
        folder.Write("users", "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n");
        await using var server = await RunningServer.StartAsync(
            options => options with { PasswordFile = folder["users"], Log = line => { lock (lines) lines.Add(line); } });

        await server.Send("GET", "/v2/_catalog?n=1&token=qqqq", headers: LettingUsersIn.Basic("alice", "b")).Is(200);
        await WaitFor(lines, 1); // a line is written when the answer is sent, and may come after what is asked next
        await server.Send("GET", "/v2/a%0Ab/tags/list", headers: LettingUsersIn.Basic("pppp", "pppp")).Is(401);

        await WaitFor(lines, 2);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 127\.0\.0\.1 alice GET /v2/_catalog 200 \d+ B \d+\.\d ms$", lines[0]);
        Assert.Matches(@"^\S+ 127\.0\.0\.1 - GET /v2/a%0Ab/tags/list 401 \d+ B ", lines[1]);
        Assert.DoesNotContain(lines,
            line => line.Contains("qqqq", StringComparison.Ordinal) || line.Contains("pppp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_password_in_the_address_of_a_request_is_not_logged()
    {
        var lines = new List<string>();
        await using var server =
            await RunningServer.StartAsync(options => options with { Log = line => { lock (lines) lines.Add(line); } });
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(System.Net.IPAddress.Loopback, server.Port);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"GET http://alice:pppp@127.0.0.1:{server.Port}/v2/?x HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\nConnection: close\r\n\r\n"));
        using var answer = new StreamReader(connection.GetStream());
        await answer.ReadToEndAsync();

        await WaitFor(lines, 1);
        Assert.Contains(" GET /v2/ 200 ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("pppp", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_request_speaks_to_the_terminal_or_adds_a_word_to_the_log()
    {
        var lines = new List<string>();
        await using var server = await RunningServer.StartAsync(
            options => options with { Log = line => { lock (lines) lines.Add(line); } });
        string[] targets = ["/v2/\e[2J\e]52;c;cm0=\a", "/v2/\u007f\b", "/v2/a\u0001b", "http://a/\e[2J", "/v2/%1b[2J"];
        foreach (var target in targets)
        {
            using var connection = new System.Net.Sockets.TcpClient();
            await connection.ConnectAsync(System.Net.IPAddress.Loopback, server.Port);
            await connection.GetStream()
                .WriteAsync(System.Text.Encoding.Latin1.GetBytes(
                    $"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.Port}\r\nConnection: close\r\n\r\n"));
            using var answer = new StreamReader(connection.GetStream());
            await answer.ReadToEndAsync();
        }
        await server.Send("GET", "/v2/").Is(200);

        await Eventually.Is(() => { lock (lines) return lines.Count > 1; });
        Assert.All(lines, line =>
        {
            Assert.DoesNotContain(line, one => one is < ' ' or > '~');
            Assert.Equal(10, line.Split(' ').Length);
        });
        Assert.Contains(lines, line => line.Contains("/v2/%1B[2J%1B]52;c;cm0=%07 ", StringComparison.Ordinal));
    }

    private static Task WaitFor(List<string> lines, int count) => Eventually.Is(() =>
    {
        lock (lines)
            return lines.Count == count;
    });
}
