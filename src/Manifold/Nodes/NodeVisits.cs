using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Manifold.Building;
using Manifold.Content;
using Manifold.Nodes.Ssh;
using Manifold.Nodes.Units;
using Manifold.Projects;

namespace Manifold.Nodes;

/// <summary>The result of a visit to a node.</summary>
internal sealed record NodeVisit(NodeSettings Node)
{
    /// <summary>The node's answers about itself; null if it was not asked, or if there is a problem.</summary>
    public NodeFacts? Facts { get; init; }

    /// <summary>The difference from our clock to the node's.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>The reason why the visit failed; null if it didn't.</summary>
    public ManifoldException? Problem { get; init; }

    /// <summary>The exit code of the command there.</summary>
    public int ExitCode { get; init; }
}

/// <summary>Runs commands of our program on nodes, outside of a build.</summary>
/// <remarks>
/// <code>
/// 1  connect   while ssh can ask for passwords, one node after the other
/// 2  command   a hidden command of our program there; it prints a mark, and then its answer
/// </code>
/// A node with a problem doesn't hinder the others.
/// </remarks>
internal sealed class NodeVisits(BuilderTools tools, NodeAccess access)
{
    /// <summary>The line before a command's answer: a login shell may print something first.</summary>
    internal const string Mark = "manifold-node-answer 1";

    /// <summary>The names of the commands there.</summary>
    internal const string FactsCommand = "node-facts", PruneCommand = "node-prune";

    private const int ConnectionsAtATime = 8;

    /// <summary>Asks nodes about themselves, their stores, and their programs.</summary>
    /// <returns>The results in the order of the nodes.</returns>
    public Task<ImmutableArray<NodeVisit>> AskAsync(ImmutableArray<NodeSettings> nodes, CancellationToken cancellation) =>
        VisitAllAsync(nodes, async (node, connection) =>
        {
            access.ShowState($"asking {node.Name} what it offers");
            var lines = new List<string>();
            await RunAsync(connection, [FactsCommand], lines.Add, cancellation).ConfigureAwait(false);
            return new NodeVisit(node) { Facts = Parse(node, lines), ClockOffset = connection.ClockOffset };
        }, cancellation);

    /// <summary>Prunes the stores of nodes, and removes programs and sessions that are not in use.</summary>
    /// <param name="told">Gets each line that a node prints. Thread-safe.</param>
    public Task<ImmutableArray<NodeVisit>> PruneAsync(
        ImmutableArray<NodeSettings> nodes, Prune.Options options, Action<NodeSettings, string> told, CancellationToken cancellation) =>
        VisitAllAsync(nodes, async (node, connection) =>
        {
            access.ShowState($"freeing space on {node.Name}");
            var words = new List<string> { PruneCommand };
            if (options.All)
                words.Add("--all");
            if (options.KeepBytes is { } bytes)
                words.AddRange(["--keep-storage", bytes.ToString(CultureInfo.InvariantCulture)]);
            return new NodeVisit(node)
            {
                ExitCode = await RunAsync(connection, [.. words], line => told(node, line), cancellation).ConfigureAwait(false),
            };
        }, cancellation);

    private async Task<ImmutableArray<NodeVisit>> VisitAllAsync(
        ImmutableArray<NodeSettings> nodes, Func<NodeSettings, SshNode, Task<NodeVisit>> visit, CancellationToken cancellation)
    {
        using var turns = new SemaphoreSlim(access.IsInteractive ? 1 : ConnectionsAtATime);
        return [.. await Task.WhenAll(nodes.Select(async node =>
        {
            try
            {
                await using var connection = await ConnectAsync(node, turns, cancellation).ConfigureAwait(false);
                return await visit(node, connection).ConfigureAwait(false);
            }
            catch (ManifoldException e)
            {
                return new NodeVisit(node) { Problem = e };
            }
            catch (IOException e)
            {
                return new NodeVisit(node) { Problem = e.InnerException as SshException ?? (ManifoldException)Lost(node, e) };
            }
        })).ConfigureAwait(false)];
    }

    // 1
    private async Task<SshNode> ConnectAsync(NodeSettings node, SemaphoreSlim turns, CancellationToken cancellation)
    {
        await turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await access.ConnectAsync(tools, node, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turns.Release();
        }
    }

    // 2
    private static async Task<int> RunAsync(SshNode node, string[] words, Action<string> told, CancellationToken cancellation)
    {
        await using var channel = node.StartCommand(words);
        using var reader = new StreamReader(channel.Stream, leaveOpen: true);
        var isAnswer = false;
        try
        {
            while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                if (isAnswer)
                    told(line);
                else
                    isAnswer = line.EndsWith(Mark, StringComparison.Ordinal);
            }
            return 0;
        }
        catch (IOException e) when (e.InnerException is SshException { Problem: SshProblem.CommandFailed } && isAnswer
            && string.IsNullOrWhiteSpace(channel.ErrorTail))
        {
            return await channel.Exit.ConfigureAwait(false); // its answer says why
        }
    }

    private static NodeFacts Parse(NodeSettings node, List<string> lines)
    {
        try
        {
            return JsonSerializer.Deserialize(string.Join('\n', lines), NodeJson.Default.NodeFacts)
                ?? throw new NodeRefusedException(node.Name, "its program gave no answer. Run the same command again.");
        }
        catch (JsonException e)
        {
            throw new NodeRefusedException(node.Name, $"the answer of its program cannot be read: {e.Message}");
        }
    }

    private static NodeLostException Lost(NodeSettings node, IOException e) => new(node.Name, e.Message, e);
}
