using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Nodes.Ssh;
using Manifold.Nodes.Units;
using Manifold.Projects;

namespace Manifold.Nodes;

/// <summary>The way to the nodes of a build, from the command line and the environment.</summary>
internal sealed record NodeAccess
{
    public required NodePrograms Programs { get; init; }

    /// <summary>The command to use instead of <c>ssh</c>; null for <c>ssh</c>.</summary>
    public string? SshCommand { get; init; }

    /// <summary>Whether ssh can ask for a password in the terminal.</summary>
    public bool IsInteractive { get; init; }

    public PlacementRules Rules { get; init; } = new(AllowsEmulation: true, SharesWork: false);

    /// <summary>The number of units that this machine takes at a time; 0 if nothing is built.</summary>
    public int LocalJobs { get; init; }

    /// <summary>The limit of RUNs on each machine that the user set; null leaves it to the machines.</summary>
    public int? JobsLimit { get; init; }

    /// <summary>Gets a sentence about the state of connecting.</summary>
    public Action<string> ShowState { get; init; } = _ => { };

    /// <summary>Gets warnings.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Connects to a node, and copies the program if it is not there.</summary>
    /// <exception cref="ManifoldException">The node cannot be reached or used.</exception>
    public Task<SshNode> ConnectAsync(BuilderTools tools, NodeSettings node, CancellationToken cancellation)
    {
        ShowState($"connecting to {node.Name}");
        return SshNode.OpenAsync(new SshSettings
        {
            Address = NodeAddress.Parse(node.Address),
            Folder = node.Folder,
            WorkFolder = Path.Combine(tools.Store.WorkFolder, "ssh"),
            IsInteractive = IsInteractive,
            Command = SshCommand,
            SearchPath = tools.SearchPath,
            Time = tools.Time,
        }, Programs, new CopyProgress(node.Name, ShowState), cancellation);
    }

    private sealed class CopyProgress(string name, Action<string> show) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) =>
            show($"copying the program to {name}: {Text.Amounts.Bytes(value.Done)} of {Text.Amounts.Bytes(value.Total)}");
    }
}

/// <summary>Opens the nodes of a build, and ends their sessions at the end.</summary>
/// <remarks>
/// <code>
/// 1  connect     one after the other, because ssh may ask for passwords
/// 2  session     the node says what it offers
/// 3  check       its clock; two names for one machine count once
/// </code>
/// </remarks>
internal sealed class NodeHosts : IAsyncDisposable
{
    private const int Attempts = 5;

    private readonly List<SshNode> connections = [];
    private readonly List<Node> nodes = [];

    /// <summary>This machine and the nodes as the host of units.</summary>
    public NodeHost Host { get; private set; } = null!;

    /// <exception cref="ManifoldException">A node cannot be reached, or cannot work. All problems in one message.</exception>
    public static async Task<NodeHosts> OpenAsync(
        BuilderTools tools, ImmutableArray<NodeSettings> settings, NodeAccess access, CancellationToken cancellation)
    {
        var hosts = new NodeHosts();
        try
        {
            await hosts.ConnectAsync(tools, settings, access, cancellation).ConfigureAwait(false);
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ConnectAsync(
        BuilderTools tools, ImmutableArray<NodeSettings> settings, NodeAccess access, CancellationToken cancellation)
    {
        var answers = new NodeAnswers(tools);
        var problems = new List<ManifoldException>();
        var machines = ImmutableArray.CreateBuilder<PooledMachine>();
        var here = await NodeSurvey.RunAsync(tools).ConfigureAwait(false);
        machines.Add(new PooledMachine(new PlacementCandidate(NodeHost.Here, IsLocal: true, here, access.LocalJobs), null));
        foreach (var each in settings)
        {
            try
            {
                var node = await PersistAsync(() => OpenAsync(tools, each, answers, access, cancellation), tools.Time, cancellation)
                    .ConfigureAwait(false);
                if (machines.FirstOrDefault(machine => machine.Candidate.Facts.Identity == node.Facts.Identity) is { } same)
                    access.Warn(same.Node is null ? $"'{each.Name}' is this machine with the same store. It is used once."
                        : $"'{each.Name}' and '{same.Candidate.Name}' are the same machine, which is used once.");
                else
                    machines.Add(new PooledMachine(
                        new PlacementCandidate(each.Name,
                            IsLocal: false, node.Facts, each.Jobs ?? access.JobsLimit ?? Math.Max(1, node.Facts.Jobs)),
                        node));
            }
            catch (ManifoldException e)
            {
                problems.Add(e);
            }
        }
        SeveralProblemsException.ThrowIfAny(problems);
        Host = new NodeHost(tools, new NodePool(machines.ToImmutable(), access.Rules), answers)
        {
            Jobs = settings.Select(each => (each.Name, Jobs: each.Jobs ?? access.JobsLimit)).Where(each => each.Jobs is not null)
                .ToImmutableDictionary(each => each.Name, each => each.Jobs!.Value),
        };
    }

    /// <summary>A connection that is lost while it is made is made again.</summary>
    private static async Task<T> PersistAsync<T>(Func<Task<T>> work, TimeProvider time, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (ManifoldException e) when (attempt < Attempts && e is NodeLostException or SshException { Problem: SshProblem.Lost })
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<Node> OpenAsync(
        BuilderTools tools, NodeSettings settings, NodeAnswers answers, NodeAccess access, CancellationToken cancellation)
    {
        // 1
        var connection = await access.ConnectAsync(tools, settings, cancellation).ConfigureAwait(false);
        connections.Add(connection);
        CheckClock(settings.Name, connection.ClockOffset, access.Warn);
        // 2
        access.ShowState($"asking {settings.Name} what it offers");
        var node =
            await Node.OpenAsync(new NodeRoute(settings.Name, connection.ConnectAsync), tools.Store, answers, tools.Time, cancellation)
                .ConfigureAwait(false);
        nodes.Add(node);
        return node;
    }

    // 3
    private static void CheckClock(string name, TimeSpan offset, Action<string> warn)
    {
        if (!NodeClock.IsUsable(offset))
            throw new HostNotReadyException($"{name}: {NodeClock.Describe(offset)}, so certificates and package signatures would be "
                + $"refused there. {NodeClock.Remedy}");
        if (!NodeClock.IsTolerable(offset))
            warn($"{name}: {NodeClock.Describe(offset)}. {NodeClock.Remedy}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask())).ConfigureAwait(false);
        foreach (var connection in connections)
            await connection.DisposeAsync().ConfigureAwait(false);
    }
}
