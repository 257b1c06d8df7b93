namespace Manifold.Tests.EndToEnd;

/// <summary>What RUNs of a project's images get, and may do: by the command line and by the project's file.</summary>
public sealed class RunningInAProject : IAsyncLifetime
{
    private readonly Workshop shop = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<Workshop.Outcome> Bake(string file, string text, string dockerfile, params string[] more)
    {
        var folder = shop.Context(dockerfile);
        File.WriteAllText(Path.Combine(folder, file), text.Replace("FOLDER", folder, StringComparison.Ordinal));
        return shop.Run(more, "bake", "-f", Path.Combine(folder, file), "--progress", "plain");
    }

    [Theory]
    [InlineData("--security=insecure", "security.insecure")]
    [InlineData("--network=host", "network.host")]
    public async Task a_RUN_gets_more_than_the_ordinary_where_that_is_allowed_and_is_refused_by_its_line_where_not(string flag, string what)
    {
        var dockerfile = $"FROM BASE\nRUN {flag} true\n";
        const string yaml = "images: {app: {context: ., platforms: [linux/amd64]}}\n";
        var refused = await Bake("manifold.yaml", yaml, dockerfile);
        Assert.Equal(2, refused.Code);
        Assert.Contains("Dockerfile:2:5: error", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"--allow {what}", refused.Error, StringComparison.Ordinal);
        (await Bake("manifold.yaml", yaml, dockerfile, "--allow", what)).Succeeded();
    }

    [Fact]
    public async Task only_what_there_is_can_be_allowed()
    {
        var outcome = await Bake("manifold.yaml", "images: {app: {context: .}}\n", "FROM BASE\n", "--allow", "network.hots");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("Did you mean network.host?", outcome.Error, StringComparison.Ordinal);
    }
}
