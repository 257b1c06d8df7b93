using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

public sealed class GoingThroughAProxy
{
    private const string Password = "pr0xy-s3cret";

    [Theory]
    [InlineData("https://registry.example.com/v2/", "", "secure:1")]
    [InlineData("http://registry.example.com/v2/", "", "plain:2")]
    [InlineData("http://localhost:5000/", "", null)]
    [InlineData("http://127.0.0.1:5000/", "", null)]
    [InlineData("https://registry.example.com/", "*", null)]
    [InlineData("https://registry.example.com/", "example.com", null)]
    [InlineData("https://example.com/", "example.com", null)]
    [InlineData("https://example.com/", ".example.com", "secure:1")]
    [InlineData("https://registry.example.com/", ".example.com", null)]
    [InlineData("https://registry.example.com/", "*.example.com", null)]
    [InlineData("https://notexample.com/", "example.com", "secure:1")]
    [InlineData("https://registry.example.com:5000/", "registry.example.com:5000", null)]
    [InlineData("https://registry.example.com/", "registry.example.com:5000", "secure:1")]
    [InlineData("https://registry.example.com/", "other.example.com, registry.example.com", null)]
    [InlineData("https://10.1.2.3/", "10.0.0.0/8", null)]
    [InlineData("https://11.1.2.3/", "10.0.0.0/8", "secure:1")]
    [InlineData("https://10.1.2.3:5000/", "10.1.2.3", null)]
    [InlineData("https://[fd00::7]/", "fd00::/8", null)]
    public void hosts_are_excepted_as_go_programs_do_it(string address, string exceptions, string? proxy)
    {
        var settings = ProxySettings.From(new Dictionary<string, string>
        {
            ["HTTPS_PROXY"] = "http://secure:1",
            ["https_proxy"] = "http://other:9",
            ["http_proxy"] = "plain:2",
            ["NO_PROXY"] = exceptions,
        });
        Assert.Equal(proxy, settings.GetProxy(new Uri(address))?.Authority);
    }

    [Fact]
    public void a_proxy_that_is_none_is_told_without_its_password()
    {
        var usage = Assert.Throws<UsageException>(
            () => ProxySettings.From(new Dictionary<string, string> { ["HTTPS_PROXY"] = $"ftp://joe:{Password}@host" }));
        Assert.Equal("HTTPS_PROXY is not a proxy address. Expected http://[USER:PASSWORD@]HOST:PORT.", usage.Message);
    }

    [Fact]
    public async Task a_tunnel_is_asked_for_with_the_users_name_and_nobody_is_told_the_password()
    {
        await using var proxy = new Proxy((request, credential) => credential == $"joe:{Password}"
            ? "HTTP/1.1 503 Service Unavailable"
            : "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"");
        var refusal = await LogInAsync("registry.example.com", $"http://joe:{Password}@{proxy.Name}");
        Assert.Matches(
            $"^log in to registry.example.com: the proxy '{Regex.Escape(proxy.Name)}' .*'registry.example.com' \\(it answered 503\\)\\. "
                + ".*HTTPS_PROXY.*NO_PROXY\\.$",
            refusal.Message);
        Assert.Contains("CONNECT registry.example.com:443 HTTP/1.1", proxy.Asked);
        Assert.DoesNotContain(Password, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_proxy_that_wants_a_password_says_how_it_is_given()
    {
        await using var proxy = new Proxy((_, _) => "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"");
        var refusal = await LogInAsync("registry.example.com", $"http://{proxy.Name}");
        Assert.Contains("it answered 407: it requires a user and a password", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_proxy_that_is_not_there_is_named_and_not_the_registry_blamed()
    {
        var gone = new Proxy((_, _) => "");
        await gone.DisposeAsync();
        var refusal = await LogInAsync("registry.example.com", $"http://joe:{Password}@{gone.Name}");
        Assert.Contains($"cannot connect to the proxy '{gone.Name}' for 'registry.example.com'", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_plain_registry_is_reached_through_its_proxy()
    {
        await using var proxy = new Proxy((_, _) => "HTTP/1.1 200 OK");
        using var client = new RegistryClient(new RegistryOptions
        {
            Proxy = ProxySettings.From(new Dictionary<string, string> { ["HTTP_PROXY"] = $"http://{proxy.Name}" }),
            InsecureHosts = ["registry.example.com"],
            RetryDelay = TimeSpan.FromMilliseconds(1),
            StallTimeout = TimeSpan.FromSeconds(30),
        });
        await client.LoginAsync("registry.example.com");
        Assert.Contains("GET http://registry.example.com/v2/ HTTP/1.1", proxy.Asked);
    }

    private static async Task<RegistryException> LogInAsync(string registry, string proxy)
    {
        using var client = new RegistryClient(new RegistryOptions
        {
            Proxy = ProxySettings.From(new Dictionary<string, string> { ["HTTPS_PROXY"] = proxy }),
            RetryDelay = TimeSpan.FromMilliseconds(1),
        });
        return await Assert.ThrowsAsync<RegistryException>(() => client.LoginAsync(registry));
    }

    /// <summary>Reads the head of each request and answers as it is told.</summary>
    private sealed class Proxy : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource end = new();
        private readonly Func<string, string, string> answer;
        private readonly Task serving;

        public Proxy(Func<string, string, string> answer)
        {
            this.answer = answer;
            listener.Start();
            Name = listener.LocalEndpoint.ToString()!;
            serving = ServeAsync();
        }

        public string Name { get; }
        public List<string> Asked { get; } = [];

        private async Task ServeAsync()
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    using var connection = await listener.AcceptTcpClientAsync(end.Token);
                    using var reader = new StreamReader(connection.GetStream());
                    var (first, credential) = (await reader.ReadLineAsync(end.Token) ?? "", "");
                    while (await reader.ReadLineAsync(end.Token) is { Length: > 0 } line)
                    {
                        if (line.StartsWith("Proxy-Authorization: Basic ", StringComparison.OrdinalIgnoreCase))
                            credential = Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[^1]));
                    }
                    Asked.Add(first);
                    await connection.GetStream().WriteAsync(
                        Encoding.ASCII.GetBytes($"{answer(first, credential)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
                        end.Token);
                }
                catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
                {
                    // The test's next request opens another connection, or it is over.
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            listener.Stop();
            await serving;
            end.Dispose();
        }
    }
}
