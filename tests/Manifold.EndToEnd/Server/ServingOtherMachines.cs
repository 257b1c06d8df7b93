using System.Net;

namespace Manifold.EndToEnd.Server;

public sealed class ServingOtherMachines : IDisposable
{
    private const string Users = "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n";

    // Reaches this machine, and is no loopback address.
    private static readonly IPAddress? Outside = OwnAddress.Find();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task with_both_it_serves_an_address_that_others_reach()
    {
        Assert.SkipWhen(Outside is null, "This machine has no address but loopback.");
        await using var server = await Start(new IPEndPoint(Outside!, 0), tls: true, users: true);
        await server.Send("GET", "/v2/").Is(401);
        using var answer = await server.Send("GET", "/v2/", headers: LettingUsersIn.Basic("alice", "b")).Is(200);
        Assert.Equal(HttpVersion.Version20, answer.Version);
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
}
