using Manifold.Building;
using Manifold.Nodes;
using Manifold.Nodes.Ssh;

namespace Manifold.Cli;

/// <summary>Opens the nodes of an order, with this program's environment.</summary>
internal static class NodeConnections
{
    /// <summary>Connects to the nodes of an order. ssh may ask for passwords in the terminal.</summary>
    /// <returns>Null if the order has no nodes.</returns>
    /// <exception cref="ManifoldException">A node cannot be used.</exception>
    public static async Task<NodeHosts?> OpenAsync(CliContext context, BuilderTools tools, BuildOrder order, CancellationToken cancellation)
    {
        if (order.Nodes.IsEmpty)
            return null;
        var state = "connecting";
        await using var status = new StatusLine(context, () => Volatile.Read(ref state));
        return await NodeHosts.OpenAsync(tools, order.Nodes, AccessFor(context, text => Volatile.Write(ref state, text)) with
        {
            Rules = new PlacementRules(order.AllowsEmulation, order.SharesWork),
            LocalJobs = order.Jobs,
            JobsLimit = order.JobsAreLimit ? order.Jobs : null,
        }, cancellation);
    }

    /// <summary>The way to nodes, with this program's environment.</summary>
    public static NodeAccess AccessFor(CliContext context, Action<string> showState) => new()
    {
        Programs = NodePrograms.OfThisProcess(context.Variable("MANIFOLD_NODE_PROGRAMS")),
        SshCommand = context.Variable("MANIFOLD_SSH"),
        IsInteractive = context.Interactive,
        ShowState = showState,
        Warn = context.Warn,
    };

    public static Builder BuilderOf(BuilderTools tools, NodeHosts? hosts) =>
        hosts is null ? new Builder(tools) : new Builder(tools) { Host = hosts.Host };
}
