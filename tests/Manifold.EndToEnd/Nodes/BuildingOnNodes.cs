using System.Globalization;
using System.Text.Json;

namespace Manifold.EndToEnd.Nodes;

/// <summary>Builds on two nodes that ssh reaches, one of them an ordinary user.</summary>
[Trait("kind", "end-to-end")]
public sealed class BuildingOnNodes : WithNodes
{
    private const string Project = """
        registry: localhost:1/nodes
        platforms: [linux/amd64, linux/arm64]
        images:
          base: {context: base}
          api: {context: api, contexts: {base: "image:base"}}
          web: {context: web, contexts: {base: "image:base", texts: texts}}
        """;

    private string MakeProject()
    {
        Shop.Write("project/manifold.yaml", Project);
        Shop.Write("project/base/Dockerfile", $"FROM {Workshop.BusyBox}\nRUN mkdir /made && busybox uname -m >/made/by\n");
        Shop.Write("project/api/Dockerfile",
            "FROM base\n"
                + "ARG TARGETARCH\nCOPY . /src\nRUN --mount=type=bind,target=/context cp /context/bin-$TARGETARCH /api && cat /made/by\n");
        Shop.Write("project/api/bin-amd64", "for amd64");
        Shop.Write("project/api/bin-arm64", "for arm64");
        Shop.Write("project/api/.dockerignore", "ignored\n");
        Shop.Write("project/api/ignored", "never sent");
        Shop.Write("project/web/Dockerfile", "FROM base\nCOPY --from=texts . /texts\nRUN busybox wc -c /texts/* >/sizes\n");
        Shop.Write("project/texts/one", "one");
        return Shop["project"];
    }

    [Fact]
    public async Task a_project_of_three_images_is_the_same_to_the_byte_and_travels_once()
    {
        var project = MakeProject();
        using var here = new Workshop();
        (await here.Run([project], "bake")).Succeeded();

        (await Shop.Run([project], "bake", "--on", RootNode, "--on", OrdinaryNode)).Succeeded();

        foreach (var name in new[] { "base", "api", "web" })
            Assert.Equal(IndexOf(here, $"localhost:1/nodes/{name}:latest"), IndexOf(Shop, $"localhost:1/nodes/{name}:latest"));
        var first = await TrafficAsync();
        Assert.Equal([(3, "here"), (3, "ssh://")], first.GroupBy(each => each.Node == "here" ? "here" : "ssh://")
            .Select(group => (group.Count(), group.Key)).Order());
        Assert.True(first.Sum(each => each.Sent) > 0 && first.Sum(each => each.Received) > 0, "Nothing was counted.");

        (await Shop.Run([project], "bake", "--on", RootNode, "--on", OrdinaryNode)).Succeeded();

        // Both nodes are equally good. What went to the same one again moved no byte; what the other one did not know moved some.
        var second = await TrafficAsync();
        Assert.All(first.Zip(second).Where(pair => pair.First.Node == pair.Second.Node),
            pair => Assert.Equal((0L, 0L), (pair.Second.Sent, pair.Second.Received)));
        Assert.True(second.Sum(each => each.Received) == 0, "An image came back twice.");
        await NothingIsLeftThere();
    }

    [Fact]
    public async Task a_second_build_on_one_node_sends_and_fetches_nothing()
    {
        var project = MakeProject();
        (await Shop.Run([project], "bake", "--on", OrdinaryNode)).Succeeded();
        Assert.True((await TrafficAsync()).Sum(each => each.Sent) > 0, "Nothing was counted.");

        (await Shop.Run([project], "bake", "--on", OrdinaryNode)).Succeeded();

        Assert.Equal(0, (await TrafficAsync()).Sum(each => each.Sent + each.Received));
    }

    [Fact]
    public async Task a_second_build_is_warm_without_the_nodes()
    {
        var project = MakeProject();
        (await Shop.Run([project], "bake", "--on", OrdinaryNode)).Succeeded();

        var again = (await Shop.Run([project], "bake", "--progress", "json")).Succeeded();

        Assert.All(again.Steps, step => Assert.True(step.Cached, step.Name));
    }

    [Fact]
    public async Task a_secret_reaches_the_RUN_and_no_disk_of_the_node()
    {
        var secret = $"hidden-{Guid.NewGuid():N}";
        Shop.Write("secret", secret);
        var context = Shop.Context("FROM BASE\nRUN --mount=type=secret,id=token busybox wc -c </run/secrets/token >/size\n");

        var built = (await Shop.Build(context,
            "--on", RootNode, "--secret", $"id=token,src={Shop["secret"]}", "-o", $"type=local,dest={Shop["out"]}")).Succeeded();

        Assert.Contains(built.Steps, step => !step.Cached);
        Assert.Equal(secret.Length, int.Parse(File.ReadAllText(Shop["out/size"]), CultureInfo.InvariantCulture));
        foreach (var file in Directory.EnumerateFiles(Server["."], "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(secret, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_RUN_that_fails_there_says_the_same_as_here()
    {
        var context = Shop.Context("FROM BASE\nRUN echo before; exit 7\n");

        var there = await Shop.Run(["--on", OrdinaryNode, "--progress", "plain", context], "build");
        var here = await Shop.Run(["--progress", "plain", context], "build");

        Assert.Equal((1, 1), (there.Code, here.Code));
        Assert.Contains("exit code 7", there.Error, StringComparison.Ordinal);
        static string Told(Workshop.Outcome outcome) => outcome.Error[outcome.Error.IndexOf("manifold: ", StringComparison.Ordinal)..]
            .Split("Details:")[0].Split("✗")[0];
        Assert.Equal(Told(here), Told(there));
    }

    [Fact]
    public async Task a_node_that_cannot_be_reached_stops_the_build_before_any_work()
    {
        var context = Shop.Context("FROM BASE\nRUN true\n");
        await Server.StopAsync();

        var refused = await Shop.Build(context, "--on", RootNode);

        Assert.Equal(4, refused.Code);
        Assert.Contains("ssh://node", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
        await Server.StartAgainAsync();
    }

    [Fact]
    public async Task two_names_for_one_machine_are_one_machine()
    {
        var context = Shop.Context("FROM BASE\nRUN true\n");

        var built = (await Shop.Run(["--on", RootNode, "--on", "ssh://again", context], "build")).Succeeded();

        Assert.Contains("are the same machine", built.Error, StringComparison.Ordinal);
    }

    /// <summary>The nodes of the last build's platforms, and the bytes that moved, from its record.</summary>
    private async Task<List<(string Node, long Sent, long Received)>> TrafficAsync()
    {
        var report = (await Shop.Run(["--format", "json"], "report")).Succeeded();
        using var record = JsonDocument.Parse(report.Output);
        return [.. from component in record.RootElement.GetProperty("components").EnumerateArray()
            from platform in component.GetProperty("platforms").EnumerateArray()
            let node = platform.GetProperty("node")
            select (node.GetProperty("name").GetString()!, Bytes(node, "sentBytes"), Bytes(node, "receivedBytes"))];
    }

    private static long Bytes(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}
