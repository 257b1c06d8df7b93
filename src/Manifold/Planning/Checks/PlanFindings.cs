using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning.Checks;

/// <summary>
/// What the checks of one target platform work on, and where their findings go. The same finding for several platforms is one.
/// </summary>
internal sealed class PlanFindings(CheckedBuild build, StageGraph graph, HashSet<Diagnostic> found)
{
    private const int Most = 200;

    public DockerfileTree Tree => build.Tree;
    public CheckFacts Facts => build.Facts;
    public StageGraph Graph => graph;
    public Platform Platform => graph.Platform;
    public IEnumerable<Stage> Stages => build.Stages;
    public ScopeWalk Scopes { get; } = new(build, graph);

    public void Add(Rule rule, Instruction instruction, string message, string? hint = null, string? at = null) =>
        found.Add(Diagnosing.At(instruction, message, hint, at) with { Id = rule.Name, Severity = rule.Severity });

    /// <summary>True where nobody would read more of them.</summary>
    public bool IsFull => found.Count >= Most;
}

/// <summary>What is checked.</summary>
/// <param name="Stages">Those that are looked at: all, or the ones that a build needs.</param>
internal sealed record CheckedBuild(DockerfileTree Tree, BuildRequest Request, CheckFacts Facts, ImmutableArray<Stage> Stages);
