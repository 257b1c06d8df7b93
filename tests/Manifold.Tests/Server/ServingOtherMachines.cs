using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Manifold.Server;

namespace Manifold.Tests.Server;

public sealed class ServingOtherMachines : IDisposable
{
    private const string Users = "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("0.0.0.0:0", false, false, "--tls-cert FILE --tls-key FILE --htpasswd FILE")]
    [InlineData(":0", true, false, "Add --htpasswd FILE")]
    [InlineData("192.0.2.1:80", false, true, "Add --tls-cert FILE --tls-key FILE,")]
    [InlineData("[::]:5000", false, false, "or listen on 127.0.0.1:5000")]
    public async Task it_refuses_without_encryption_and_users_and_says_what_to_add(string listen, bool tls, bool users, string message)
    {
        var error = await Assert.ThrowsAsync<UsageException>(() => Start(ServeOptions.ParseListen(listen), tls, users));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.ExitCode);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("127.0.0.1")]
    [InlineData("registry.example:5000")]
    public void what_is_no_address_is_refused(string listen) => Assert.Throws<UsageException>(() => ServeOptions.ParseListen(listen));

    [Theory]
    [InlineData("127.0.0.1:5000")]
    [InlineData("localhost:0")]
    [InlineData("[::1]:5000")]
    public void loopback_in_any_spelling_is_good_as_it_is(string listen) =>
        new ServeOptions { Listen = ServeOptions.ParseListen(listen) }.RequireProtection();

    [Fact]
    public async Task without_tls_nothing_is_understood_there()
    {
        await using var server = await Start(new IPEndPoint(IPAddress.Loopback, 0), tls: true, users: false);
        using var plain = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync($"http://{server.Authority}/v2/"));
    }

    [Fact]
    public async Task a_renewed_certificate_is_shown_and_a_broken_one_is_not()
    {
        var time = new SteppedTime();
        await using var server = await Start(new IPEndPoint(IPAddress.Loopback, 0), tls: true, users: false, time);
        var first = await Shown(server);
        folder.Write("tls.crt", "broken");
        time.Step(TimeSpan.FromSeconds(2));
        Assert.Equal(first, await Shown(server));
        Assert.Contains("stays in use", Assert.Single(server.Warnings), StringComparison.Ordinal);
        PemFiles.Write(folder);
        time.Step(TimeSpan.FromSeconds(2));
        Assert.NotEqual(first, await Shown(server));
    }

    [Fact]
    public async Task a_certificate_without_its_key_or_with_another_is_refused()
    {
        var (one, other) = (PemFiles.Write(folder, "one"), PemFiles.Write(folder, "other"));
        async Task<string> Refusal(string? certificate, string? key) => (await Assert.ThrowsAsync<UsageException>(() =>
            RunningServer.StartAsync(options => options with { TlsCertificate = certificate, TlsKey = key }))).Message;
        Assert.EndsWith("Add: --tls-key FILE", await Refusal(one.Certificate, null), StringComparison.Ordinal);
        Assert.EndsWith("Add: --tls-cert FILE", await Refusal(null, one.Key), StringComparison.Ordinal);
        Assert.Contains(other.Key, await Refusal(one.Certificate, other.Key), StringComparison.Ordinal);
        Assert.Contains("expected a certificate and its unencrypted key", await Refusal(one.Key, one.Certificate),
            StringComparison.Ordinal);
        Assert.Contains("absent", await Refusal(one.Certificate, folder["absent"]), StringComparison.Ordinal);
    }

    private Task<RunningServer> Start(IPEndPoint listen, bool tls, bool users, TimeProvider? time = null)
    {
        var files = tls ? PemFiles.Write(folder) : null;
        return RunningServer.StartAsync(options => options with
        {
            Listen = listen,
            Time = time ?? TimeProvider.System,
            TlsCertificate = files?.Certificate,
            TlsKey = files?.Key,
            PasswordFile = users ? folder.Write("users", Users) : null,
        });
    }

    private static async Task<string> Shown(RunningServer server)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, server.Port);
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync("localhost");
        return tls.RemoteCertificate!.GetCertHashString();
    }
}
