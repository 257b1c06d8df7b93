using Manifold.Content;

namespace Manifold.EndToEnd.Nodes;

/// <summary>A workshop whose builds can use two nodes: root on an SSH server here, and an ordinary user of the same server.</summary>
public abstract class WithNodes : IAsyncLifetime
{
    internal const string RootNode = "ssh://node", OrdinaryNode = "ssh://ordinary";

    private protected Workshop Shop { get; } = new();

    private protected SshServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _ = OurProgram.Native();
        await Workshop.NeedBusyBox();
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        Server = await SshServer.StartAsync();
        Shop.Set["MANIFOLD_SSH"] = Server.Command;
        Shop.Set["HOME"] = Shop.Path;
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
            await Server.DisposeAsync();
        Shop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Waits until no process of ours is left on the nodes: no server, no relay, no container.</summary>
    private protected Task NothingIsLeftThere() => Eventually.Is(
        () => !Processes.Using(Server["cache-"]).Any() && !Processes.Using(Server["store-"]).Any(), "A process is left on a node.");

    /// <summary>The digest of an index in a store, by its name.</summary>
    private protected static string IndexOf(Workshop shop, string name)
    {
        using var store = Store.Open(shop.Root);
        return store.Tags.List().Single(image => image.Name.ToString() == name).Target.Digest.ToString();
    }
}
