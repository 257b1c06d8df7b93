using System.Net;
using System.Net.Sockets;
using System.Text;
using Manifold.Server;

namespace Manifold.Tests.Server;

/// <summary>
/// A web page may lead its own name to this machine (DNS rebinding), and then a browser takes the registry for the page's
/// server.
/// </summary>
public sealed class AnsweringToItsNames : WithAServer
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:PORT")]
    [InlineData("LOCALHOST:PORT")]
    [InlineData("localhost.:PORT")]
    [InlineData("127.0.0.1:PORT")]
    [InlineData("127.0.0.2:PORT")]
    [InlineData("[::1]:PORT")]
    [InlineData("localhost:6000")] // a forwarded port, as ssh -L makes it
    public async Task every_spelling_of_this_machine_is_answered(string host) =>
        await Send("GET", "/v2/", headers: ("Host", host.Replace("PORT", Server.Port.ToString()))).Is(200);

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:PORT")]
    [InlineData("localhost.evil.example:PORT")]
    [InlineData("127.0.0.1.evil.example:PORT")]
    [InlineData("evil-localhost")]
    [InlineData("0.0.0.0:PORT")]
    [InlineData("192.0.2.1:PORT")]
    [InlineData("[2001:db8::1]:PORT")]
    [InlineData("registry")]
    public async Task another_name_is_refused_for_every_method_and_told_what_to_do(string host)
    {
        var header = ("Host", host.Replace("PORT", Server.Port.ToString()));
        await Server.PushImage("a", "x", "1");
        foreach (var (method, path) in new[] { ("GET", "/v2/"), ("GET", "/v2/a/manifests/1"), ("POST", "/v2/a/blobs/uploads/"),
            ("PUT", "/v2/a/manifests/2"), ("OPTIONS", "/v2/") })
        {
            using var answer = await Send(method, path, method is "PUT" ? "{}"u8.ToArray() : null, headers: header).Is(403, "DENIED");
            Assert.Contains("--allow-host", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        await Send("HEAD", "/v2/a/manifests/1", headers: header).Is(403);
        Assert.Single(Server.Store.Tags.List());
    }

    [Theory]
    [InlineData("HTTP/1.0\r\n")]
    [InlineData("HTTP/1.1\r\nHost:\r\n")]
    public async Task no_name_is_not_its_name(string rest)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, Server.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v2/ {rest}Connection: close\r\n\r\n"));
        Assert.Contains(" 403 ", await new StreamReader(connection.GetStream()).ReadLineAsync());
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://evil.example:PORT")]
    [InlineData("http://localhost:1")] // another server of this machine
    [InlineData("http://localhost")]
    [InlineData("null")] // a file, or a frame in a sandbox
    [InlineData("file://")]
    [InlineData("chrome-extension://abcdefgh")]
    [InlineData("")]
    [InlineData("http://127.0.0.1.evil.example:PORT")]
    public async Task what_another_page_sends_is_refused(string origin)
    {
        var header = ("Origin", origin.Replace("PORT", Server.Port.ToString()));
        await Send("POST", "/v2/a/blobs/uploads/", headers: header).Is(403, "DENIED");
        using var asked = await Send("OPTIONS", "/v2/a/blobs/uploads/", headers: header).Is(403, "DENIED");
        Assert.Null(asked.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT")]
    [InlineData("http://localhost:PORT")]
    public async Task what_its_own_page_would_send_is_answered(string origin) =>
        await Send("POST", "/v2/a/blobs/uploads/", headers: ("Origin", origin.Replace("PORT", Server.Port.ToString()))).Is(202);
}

public sealed class AnsweringToGivenNames
{
    [Theory]
    [InlineData("registry.example", "registry.example", 200)]
    [InlineData("registry.example", "Registry.Example.:443", 200)]
    [InlineData("registry.example:443", "registry.example:443", 200)]
    [InlineData("registry.example:443", "registry.example:80", 403)]
    [InlineData("registry.example", "evil.example", 403)]
    [InlineData("registry.example", "registry.example.evil.example", 403)]
    [InlineData("registry.example", "localhost", 200)]
    [InlineData("*", "evil.example", 200)]
    public async Task those_are_answered_beside_its_own(string given, string host, int status)
    {
        await using var server = await RunningServer.StartAsync(options => options with { AllowedHosts = [ServeOptions.ParseHost(given)] });
        await server.Send("GET", "/v2/", headers: ("Host", host)).Is(status);
    }

    [Fact]
    public async Task pages_of_a_given_name_are_its_own()
    {
        await using var server = await RunningServer.StartAsync(options => options with { AllowedHosts = ["registry.example"] });
        await server.Send("POST", "/v2/a/blobs/uploads/",
            headers: [("Host", "registry.example"), ("Origin", "https://registry.example")]).Is(202);
        await server.Send("POST", "/v2/a/blobs/uploads/", headers: [("Host", "registry.example"), ("Origin", "https://evil.example")])
            .Is(403, "DENIED");
    }

    [Fact]
    public async Task where_users_log_in_any_name_is_answered_since_no_browser_knows_a_password_for_it()
    {
        using var folder = new TemporaryFolder();
        var users = folder.Write("users", "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n");
        await using var server = await RunningServer.StartAsync(options => options with { PasswordFile = users });
        var login = LettingUsersIn.Basic("alice", "b");
        await server.Send("GET", "/v2/", headers: [login, ("Host", "registry.example")]).Is(200);
        await server.Send("GET", "/v2/", headers: [("Host", "registry.example")]).Is(401);
        await server.Send("GET", "/v2/", headers: [login, ("Host", "registry.example"), ("Origin", "https://evil.example")]).Is(403);
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://registry.example")]
    [InlineData("registry.example/path")]
    [InlineData("a b")]
    [InlineData("*.example")]
    public void what_is_no_name_is_wrong_usage(string text) =>
        Assert.Equal(2, Assert.Throws<UsageException>(() => ServeOptions.ParseHost(text)).ExitCode);
}
