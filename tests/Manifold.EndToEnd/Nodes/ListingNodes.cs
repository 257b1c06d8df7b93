using System.Net.Sockets;
using System.Text.Json;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.EndToEnd.Nodes;

/// <summary>What nodes say about themselves, and the space that is freed there.</summary>
[Trait("kind", "end-to-end")]
public sealed class ListingNodes : WithNodes
{
    private async Task<Dictionary<string, JsonElement>> AskAsync(params string[] nodes)
    {
        var listed = (await Shop.Run(nodes, "nodes", "--json")).Succeeded();
        using var json = JsonDocument.Parse(listed.Output);
        return json.RootElement.EnumerateArray().ToDictionary(node => node.GetProperty("name").GetString()!, node => node.Clone());
    }

    [Fact]
    public async Task each_tells_what_it_offers()
    {
        var nodes = await AskAsync(RootNode, OrdinaryNode);

        foreach (var (name, user) in new[] { (RootNode, "root"), (OrdinaryNode, SshServer.OrdinaryUser) })
        {
            Assert.Equal(Platform.Host.ToString(), nodes[name].GetProperty("platform").GetString());
            Assert.Contains(Platform.Host.ToString(), nodes[name].GetProperty("native").EnumerateArray().Select(each => each.GetString()));
            Assert.Equal(Environment.ProcessorCount, nodes[name].GetProperty("processors").GetInt32());
            Assert.Equal(Server.StoreOf(user), nodes[name].GetProperty("store").GetString());
            Assert.Equal(1, nodes[name].GetProperty("programs").GetInt32());
            Assert.Equal(new FileInfo(Directory.GetFiles(Server.FolderOf(user), "manifold", SearchOption.AllDirectories).Single()).Length,
                nodes[name].GetProperty("programBytes").GetInt64());
            Assert.Equal(JsonValueKind.Null, nodes[name].GetProperty("runProblem").ValueKind);
        }
        await NothingIsLeftThere();
    }

    [Fact]
    public async Task the_store_there_grows_with_builds_and_prune_empties_it()
    {
        var context = Shop.Context("FROM BASE\nRUN busybox head -c 3000000 /dev/urandom >/random\n");
        (await Shop.Build(context, "--on", OrdinaryNode, "--platform", "linux/amd64", "--on", RootNode)).Succeeded();
        var before = (await AskAsync(RootNode, OrdinaryNode)).ToDictionary(pair => pair.Key, StoreBytes);

        var pruned = (await Shop.Run(["--all", RootNode, OrdinaryNode], "nodes", "prune")).Succeeded();

        var after = (await AskAsync(RootNode, OrdinaryNode)).ToDictionary(pair => pair.Key, StoreBytes);
        Assert.Contains(before, pair => pair.Value > 3_000_000);
        Assert.All(after, pair => Assert.True(pair.Value < 1_000_000, $"{pair.Key} still has {pair.Value} bytes.\n{pruned.Output}"));
        Assert.All(pruned.Output.TrimEnd().Split('\n'), line => Assert.Matches("^ssh://(node|ordinary): ", line));
        await NothingIsLeftThere();

        static long StoreBytes(KeyValuePair<string, JsonElement> node) => node.Value.GetProperty("storeBytes").GetInt64();
    }

    [Fact]
    public async Task prune_removes_programs_and_sessions_that_nobody_uses()
    {
        await AskAsync(OrdinaryNode);
        var folder = Server.FolderOf(SshServer.OrdinaryUser);
        var old = Path.Combine(folder, "programs", Digest.Of("old").Hex);
        await AsOrdinary($"mkdir -p {old} {folder}/sessions && echo x >{old}/manifold");
        var socket = Path.Combine(folder, "sessions", Guid.NewGuid().ToString("N"));
        using (var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            server.Bind(new UnixDomainSocketEndPoint(Server["bound"]));
            File.Move(Server["bound"], socket); // .NET removes the file that it bound
        }
        await AsOrdinary($"touch -d '2 days ago' {old}/manifold {old}");
        await Tool.Run("chown", SshServer.OrdinaryUser, socket);
        await Tool.Run("touch", "-d", "2 days ago", socket);

        var pruned = (await Shop.Run([OrdinaryNode], "nodes", "prune")).Succeeded();

        Assert.Contains("1 old program ", pruned.Output, StringComparison.Ordinal);
        Assert.Equal((false, false), (Directory.Exists(old), File.Exists(socket)));
        Assert.Single(Directory.GetDirectories(Path.Combine(folder, "programs")));
    }

    [Fact]
    public async Task a_prune_that_waits_there_ends_with_the_connection()
    {
        await AskAsync(RootNode);
        using var store = Store.Open(Server.StoreOf("root"));
        using var build = await store.LockSharedAsync(null, TestContext.Current.CancellationToken);
        var pruning = Shop.Run([RootNode], "nodes", "prune");
        await Eventually.Is(() => RunningProcesses.Programs().Any(each => each.StartsWith(Server["cache-root"], StringComparison.Ordinal)),
            "No prune started.");

        Server.KillConnections();

        var pruned = await Eventually.Ends(pruning);
        Assert.Equal(4, pruned.Code);
        Assert.DoesNotContain("Freed", pruned.Output, StringComparison.Ordinal);
        await NothingIsLeftThere();
    }

    [Fact]
    public async Task a_node_that_cannot_be_reached_does_not_hide_the_others()
    {
        var listed = await Shop.Run(["ssh://no-such-host.invalid", RootNode], "nodes");

        Assert.Equal(4, listed.Code);
        Assert.Matches(@"(?m)^ssh://no-such-host\.invalid .*unknown host", listed.Output);
        Assert.Matches("(?m)^ssh://node .* yes ", listed.Output);
        Assert.Contains("no-such-host.invalid", listed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_folder_of_its_own_has_the_store_too()
    {
        Shop.Write(".config/manifold/config.yaml", $"nodes: {{mine: {{address: \"{RootNode}\", folder: {Server["own"]}}}}}\n");

        var node = (await AskAsync())["mine"];

        Assert.Equal(Server["own/store"], node.GetProperty("store").GetString());
    }

    private static Task AsOrdinary(string script) => Tool.Run("su", SshServer.OrdinaryUser, "-s", "/bin/sh", "-c", script);
}
