using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;

namespace Manifold.Solving.Steps;

/// <summary>Does single steps.</summary>
internal interface IStepExecutor
{
    /// <summary>Does a step, unless its result is known.</summary>
    /// <returns>The diff id of the layer that the step adds; null where it changes nothing.</returns>
    /// <exception cref="StepFailedException">The step did not succeed.</exception>
    Task<Digest?> ExecuteAsync(Step step, StepInputs inputs, CancellationToken cancellation);

    /// <summary>Whether a step's result is the same whatever lies below it, so that it need not wait for that.</summary>
    bool StandsAlone(Step step);
}

/// <summary>The layers that a step works on.</summary>
/// <param name="Below">The chain of its parent; empty where the step stands alone.</param>
/// <param name="Sources">The chain of each step that it reads from, by that step's digest.</param>
internal sealed record StepInputs(ImmutableArray<ChainLayer> Below, ImmutableDictionary<Digest, ImmutableArray<ChainLayer>> Sources)
{
    /// <summary>The chain of a step that it reads from.</summary>
    public ImmutableArray<ChainLayer> Of(Step source) => Sources[source.Digest];
}
