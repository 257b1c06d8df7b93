namespace Manifold.Tests.Server;

public sealed class LoggingRequests
{
    [Fact]
    public async Task a_line_tells_who_asked_for_what_and_never_a_password()
    {
        using var folder = new TemporaryFolder();
        var lines = new List<string>();
        folder.Write("users", "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n");
        await using var server = await RunningServer.StartAsync(options => options with { PasswordFile = folder["users"], Log = line => { lock (lines) lines.Add(line); } });

        await server.Send("GET", "/v2/_catalog?n=1&token=qqqq", headers: LettingUsersIn.Basic("alice", "b")).Is(200);
        await server.Send("GET", "/v2/a%0Ab/tags/list", headers: LettingUsersIn.Basic("pppp", "pppp")).Is(401);

        await WaitFor(() => lines.Count == 2);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 127\.0\.0\.1 alice GET /v2/_catalog 200 \d+ B \d+\.\d ms$", lines[0]);
        Assert.Matches(@"^\S+ 127\.0\.0\.1 - GET /v2/a%0Ab/tags/list 401 \d+ B ", lines[1]);
        Assert.DoesNotContain(lines, line => line.Contains("qqqq", StringComparison.Ordinal) || line.Contains("pppp", StringComparison.Ordinal));
    }

    private static async Task WaitFor(Func<bool> condition)
    {
        for (var i = 0; i < 100 && !condition(); i++)
            await Task.Delay(20);
        Assert.True(condition());
    }
}
