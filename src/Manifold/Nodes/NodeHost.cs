using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Nodes.Contexts;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Nodes;

/// <summary>This machine and other machines as the host of units.</summary>
internal sealed class NodeHost(BuilderTools tools, NodePool pool, NodeAnswers answers) : IUnitHost
{
    /// <summary>The name of this machine among the nodes.</summary>
    public const string Here = "here";

    private readonly ConcurrentDictionary<(string Node, string Where), bool> told = new();

    public BuilderTools Tools => tools;

    public TimeProvider Time => tools.Time;

    public NodePool Pool => pool;

    public NodeAnswers Answers => answers;

    public ContextPacker Packer { get; } = new(tools.Store, tools.Time);

    /// <summary>The number of RUNs on each node, if the user limited it.</summary>
    public ImmutableDictionary<string, int> Jobs { get; init; } = ImmutableDictionary<string, int>.Empty;

    public int? JobsOf(Node node) => Jobs.TryGetValue(node.Name, out var jobs) ? jobs : null;

    public int JobsElsewhere => pool.JobsElsewhere;

    /// <exception cref="HostNotReadyException">No machine can execute the RUNs of these steps.</exception>
    public Task RequireForPlanAsync(IEnumerable<Step> steps)
    {
        pool.Require(RunsOf(steps));
        return Task.CompletedTask;
    }

    public IUnitRunner Open(BuildSession session, Action<BuildEvent> on) => new RemoteUnits(this, session, on);

    /// <summary>The platforms of RUNs, each once.</summary>
    internal static ImmutableArray<Platform> RunsOf(IEnumerable<Step> steps) =>
        [.. steps.OfType<RunStep>().Select(step => step.Platform).Distinct()];

    /// <summary>Whether a registry's name means this machine, so that a node would ask another one. Tests replace it.</summary>
    internal Func<string, bool> IsOnlyHere { get; init; } = NodeBlobs.IsCallersOwn;

    /// <summary>Whether nodes can push to these repositories: their names mean the same registries for nodes as for this machine.</summary>
    /// <remarks>What this machine allows for itself, such as a registry without TLS, it does not allow to a node.</remarks>
    internal bool ReachesAll(ImmutableArray<ImageReference> targets) => targets.All(target => !IsOnlyHere(target.Registry)
        && !tools.Registry.Options.InsecureHosts.Contains(target.Registry)
        && tools.Registry.Options.Registries.PushTo(target) is { Insecure: false } there && there.Reference.Name == target.Name);

    /// <summary>Warns once in a build that a node cannot push to repositories.</summary>
    internal void WarnOfPush(Action<BuildEvent> on, string node, ImmutableArray<ImageReference> targets, string problem)
    {
        var where = string.Join(", ", targets.Select(target => target.Name));
        if (told.TryAdd((node, where), true))
            Warn(on, $"{node} cannot push to {where} ({problem.TrimEnd('.')}), so the layers that it makes go through this machine.");
    }

    internal void Warn(Action<BuildEvent> on, string message) => tools.Warn(on, message);
}
