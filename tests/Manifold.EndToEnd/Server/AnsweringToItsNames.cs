namespace Manifold.EndToEnd.Server;

public sealed class AnsweringToGivenNames
{
    [Fact]
    public async Task the_command_line_gives_them()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.StartAsync(folder, "--allow-host registry.example --allow-host other.example");
        foreach (var (host, status) in new[] { ("other.example", 200), ("registry.example:80", 200), ("evil.example", 403) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/") { Headers = { Host = host } };
            await server.Http.SendAsync(request).Is(status);
        }
    }
}
