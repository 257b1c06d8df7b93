using System.Collections.Concurrent;
using System.Text;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// Repositories behind a server that wants to know who asks, and secrets that say so: for contexts, named contexts and ADD.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class OpeningRepositories : IDisposable
{
    private readonly Workshop shop = new();
    private readonly string token = $"hidden-{Guid.NewGuid():N}";
    private readonly ConcurrentBag<string> commandLines = [];
    private readonly ConcurrentBag<string> asked = [];
    private GitServer? server;

    public void Dispose()
    {
        server?.Dispose();
        shop.Dispose();
    }

    private string Basic => $"basic {Encoded}";

    private string Encoded => Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{token}"));

    /// <summary>A repository whose Dockerfile adds the repository itself, and copies from a context called 'named'.</summary>
    private async Task<string> Serve(string opens)
    {
        server = new GitServer(Directory.CreateDirectory(shop["served"]).FullName, opens) { Asked = Look };
        var address = $"{server.Address}/private.git";
        shop.Write("work/Dockerfile", $"FROM scratch\nADD {address}#main /added/\nCOPY --from=named f /named/\nCOPY f /copied/\n");
        shop.Write("work/f", "seen\n");
        foreach (var arguments in new[] { "init -q -b main",
            "add .", "-c user.email=a@example.com -c user.name=a commit -q -m one", $"clone -q --bare . {shop["served/private.git"]}" })
            await Tool.Run("git", ["-C", shop["work"], .. arguments.Split(' ')]);
        return address;
    }

    /// <summary>Every command line of this machine, while git waits for the server.</summary>
    private void Look()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(name => int.TryParse(Path.GetFileName(name), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (line.Contains(server!.Address, StringComparison.Ordinal))
                    asked.Add(line);
                if (line.Contains(token, StringComparison.Ordinal) || line.Contains(Encoded, StringComparison.Ordinal))
                    commandLines.Add(line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is gone by now.
            }
        }
    }

    private async Task StaysSecret(Workshop.Outcome outcome)
    {
        var report = await shop.Run([], "report", "--format", "html");
        foreach (var value in new[] { token, Encoded })
        {
            Assert.DoesNotContain(value, outcome.Output + outcome.Error + report.Output + report.Error, StringComparison.Ordinal);
            Assert.Empty(
                SecretsStaySecret.Files(shop.Path).Where(file => SecretsStaySecret.Has(file.Content, value)).Select(file => file.Name));
        }
        Assert.NotEmpty(asked);
        Assert.Empty(commandLines);
    }

    [Theory]
    [InlineData("GIT_AUTH_TOKEN", "TOKEN", "basic")]
    [InlineData("GIT_AUTH_HEADER", "Bearer TOKEN", "Bearer TOKEN")]
    [InlineData("GIT_AUTH_TOKEN.HOST", "TOKEN", "basic")]
    [InlineData("GIT_AUTH_HEADER.HOST", "Bearer TOKEN", "Bearer TOKEN")]
    public async Task the_secret_opens_them_and_is_nowhere_afterwards(string id, string value, string opens)
    {
        var address = await Serve(opens == "basic" ? Basic : opens.Replace("TOKEN", token, StringComparison.Ordinal));
        shop.Set["VALUE"] = value.Replace("TOKEN", token, StringComparison.Ordinal) + "\n";
        id = id.Replace("HOST", server!.Host, StringComparison.Ordinal);

        var built = (await shop.Build($"{address}#main",
            "--secret", $"id={id},env=VALUE", "--build-context", $"named={address}", "-o", shop["out"], "-t", "app:1"))
            .Succeeded();

        foreach (var file in new[] { "added/f", "named/f", "copied/f" })
            Assert.Equal("seen\n", await File.ReadAllTextAsync(shop[$"out/{file}"]));
        await StaysSecret(built);
    }

    [Fact]
    public async Task the_one_for_the_host_goes_before_the_one_for_all()
    {
        var address = await Serve(Basic);
        (shop.Set["RIGHT"], shop.Set["WRONG"]) = (token, "wrong");
        (await shop.Build(address, "--secret", "id=GIT_AUTH_HEADER,env=WRONG",
            "--secret", $"id=GIT_AUTH_TOKEN.{server!.Host},env=RIGHT", "--build-context", $"named={address}"))
            .Succeeded();
        Assert.DoesNotContain(server.Answers, answer => answer.StartsWith("401", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "--secret id=GIT_AUTH_TOKEN,env=VARIABLE")]
    [InlineData("GIT_AUTH_TOKEN.example.com", "The server requires credentials.")]
    [InlineData("GIT_AUTH_TOKEN", "The server rejected the secret GIT_AUTH_TOKEN or GIT_AUTH_HEADER.")]
    public async Task without_it_the_server_refuses_and_the_way_is_told(string id, string expected)
    {
        var address = await Serve("Bearer something else");
        shop.Set["VALUE"] = token;
        var refused = await shop.Build(address, id.Length == 0 ? [] : ["--secret", $"id={id},env=VALUE"]);
        Assert.NotEqual(0, refused.Code);
        Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
        await StaysSecret(refused);
    }

    [Fact]
    public async Task a_project_opens_them_with_the_secrets_of_its_images()
    {
        var address = await Serve(Basic);
        shop.Set["VALUE"] = token;
        var file = shop.Write("project/manifold.yaml", $"images:\n  app:\n    context: {address}\n"
            + $"    contexts: {{named: '{address}'}}\n    secrets: ['id=GIT_AUTH_TOKEN,env=VALUE']\n");
        await StaysSecret((await shop.Run([], "bake", "-f", file, "--progress", "plain")).Succeeded());
    }

    [Fact]
    public async Task a_value_of_several_lines_is_refused_and_not_shown()
    {
        shop.Set["VALUE"] = $"{token}\nX-Other: {token}";
        var refused = await shop.Build("http://127.0.0.1:9/x.git", "--secret", "id=GIT_AUTH_HEADER,env=VALUE");
        Assert.Equal(2, refused.Code);
        Assert.Contains("--secret id=GIT_AUTH_HEADER: the secret has several lines", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(token, refused.Error, StringComparison.Ordinal);
    }
}
