using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using Manifold.Content;
using Manifold.Nodes;
using Manifold.Projects;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold nodes</c>: the other machines that can build, and the space that they use.</summary>
internal static class NodesCommand
{
    private const int NotReachable = 4;

    private const string NoNodes = "There are no nodes. Name one under 'nodes' in manifold.yaml or in ~/.config/manifold/config.yaml, "
        + "or give its address: manifold nodes ssh://builder@host";

    public static Command Create(CliContext context)
    {
        var nodes = NodesArgument(context);
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("nodes", "List the other machines that can build, with what they offer and the space that they use.")
        {
            nodes, json, PruneBelow(context),
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var chosen = NodeFlags.List(context, parsed.GetValue(nodes) ?? []);
            if (chosen.IsEmpty && !parsed.GetValue(json))
                return TellOfNone(context);
            var visits = await VisitAsync(context, (each, token) => each.AskAsync(chosen, token), cancellation);
            if (parsed.GetValue(json))
                await context.Out.WriteLineAsync(NodesJson.Of(visits).ToJsonString());
            else
                NodesTable.Write(context, visits);
            return visits.Any(visit => visit.Problem is not null) ? NotReachable : 0;
        });
        return command;
    }

    private static Command PruneBelow(CliContext context)
    {
        var nodes = NodesArgument(context);
        var all = new Option<bool>("--all", "-a") { Description = "Also remove the whole build cache and all unpacked layers there." };
        var keep = new Option<string?>("--keep-storage")
        {
            Description = "Remove cache entries until each store is at most SIZE, such as "
                + "20GB. The least recently used entries are removed first.",
            HelpName = "SIZE",
        };
        var command = new Command("prune", "Free space on nodes. Images with a name and the programs of the last day are kept.")
        {
            nodes, all, keep,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new Prune.Options(parsed.GetValue(all), parsed.GetValue(keep) is { } size ? ByteSize.Parse(size) : null);
            var chosen = NodeFlags.List(context, parsed.GetValue(nodes) ?? []);
            if (chosen.IsEmpty)
                return TellOfNone(context);
            var visits = await VisitAsync(context,
                (each, token) => each.PruneAsync(chosen, options, Printer(context, several: chosen.Length > 1), token), cancellation);
            foreach (var visit in visits.Where(visit => visit.Problem is not null))
                context.Warn(NodesTable.Explain(visit));
            return visits.Max(visit => visit.Problem is null ? visit.ExitCode : NotReachable);
        });
        return command;
    }

    private static Argument<string[]> NodesArgument(CliContext context)
    {
        var nodes = new Argument<string[]>("NODE")
        {
            Description = "Names of nodes, or addresses: ssh://[user@]host[:port]. Default: all nodes of manifold.yaml in this folder "
                + "and of ~/.config/manifold/config.yaml.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        nodes.CompletionSources.Add(_ => NodeFlags.KnownNames(context).Select(name => new CompletionItem(name)));
        return nodes;
    }

    private static int TellOfNone(CliContext context)
    {
        context.Error.WriteLine(NoNodes);
        return 0;
    }

    private static Action<NodeSettings, string> Printer(CliContext context, bool several)
    {
        var one = new Lock();
        return (node, line) =>
        {
            lock (one)
            {
                StatusLine.Clear(context);
                context.Out.WriteLine(ForeignText.Line(several ? $"{node.Name}: {line}" : line));
            }
        };
    }

    private static async Task<ImmutableArray<NodeVisit>> VisitAsync(
        CliContext context, Func<NodeVisits, CancellationToken, Task<ImmutableArray<NodeVisit>>> visit, CancellationToken cancellation)
    {
        using var store = context.OpenStore();
        using var registry = new RegistryClient(RegistryOptions.From(context.Environment));
        var state = "connecting";
        await using var status = new StatusLine(context, () => Volatile.Read(ref state));
        var access = NodeConnections.AccessFor(context, text => Volatile.Write(ref state, text));
        return await visit(new NodeVisits(context.ToolsOn(store, registry), access), cancellation);
    }
}
