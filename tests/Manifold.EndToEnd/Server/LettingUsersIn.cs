using System.Text;

namespace Manifold.EndToEnd.Server;

public sealed class LettingUsersIn : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task what_htpasswd_writes_is_read()
    {
        await Tool.Run("htpasswd", "-bBc", folder["users"], "carol", "päss:wörd");
        await using var server = await RunningServer.StartAsync(options => options with { PasswordFile = folder["users"] });
        await server.Send("GET", "/v2/", headers: Basic("carol", "päss:wörd")).Is(200);
    }

    internal static (string, string) Basic(string user, string password) =>
        ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}
