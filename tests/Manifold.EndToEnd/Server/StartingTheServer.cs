using System.Collections.Immutable;
using Manifold.Cli;

namespace Manifold.EndToEnd.Server;

public sealed class StartingTheServer : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task it_says_what_it_serves_to_whom_and_how_to_push_and_pull()
    {
        await using var server = await ServerProcess.StartAsync(folder, "--log");
        await server.Http.GetAsync("/v2/");
        await Appears(server, " GET /v2/ 200 ");
        var at = server.Http.BaseAddress!.Authority;
        Assert.Contains($"Serving {folder["store"]} on http://{at}. Stop with Ctrl-C.\n0 images; everyone on this machine can pull and "
            + "push.\n", server.Log, StringComparison.Ordinal);
        Assert.Contains($"\n  docker push {at}/NAME:TAG\n  docker pull {at}/NAME:TAG\n", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task with_users_it_says_how_to_log_in_and_read_only_that_nobody_pushes()
    {
        folder.Write("users", "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n");
        await using var server = await ServerProcess.StartAsync(folder, $"--read-only --htpasswd {folder["users"]}");
        await Appears(server, "docker pull");
        Assert.Contains($"the users of {folder["users"]} can pull.\n  docker login 127.0.0.1:", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("docker push", server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen 0.0.0.0:0", 2, "Add --tls-cert FILE --tls-key FILE --htpasswd FILE")]
    [InlineData("--listen here", 2, "expected an address and a port")]
    [InlineData("--listen 192.0.2.1:5000 --tls-cert CERT --tls-key KEY --htpasswd USERS", 4, "Choose another address or port")]
    [InlineData("--htpasswd absent", 2, "absent")]
    public async Task what_cannot_be_is_told_in_one_line(string options, int exitCode, string message)
    {
        var tls = PemFiles.Write(folder);
        var users = folder.Write("users", "alice:$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu\n");
        var error = new StringWriter();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"]),
            Out = TextWriter.Null,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        };
        var words = options.Split(' ')
            .Select(word => word switch { "CERT" => tls.Certificate, "KEY" => tls.Key, "USERS" => users, _ => word });
        Assert.Equal(exitCode, await CommandTree.RunAsync(context, ["serve", .. words]));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    private static Task Appears(ServerProcess server, string text) =>
        Eventually.Is(() => server.Log.Contains(text, StringComparison.Ordinal), $"It never says '{text}'.");
}
