using Manifold.Planning;

namespace Manifold.Building.Units;

/// <summary>Runs units. Joining, verifying and publishing their images does not depend on where they ran.</summary>
/// <remarks>
/// A runner keeps what the units of one component share until it is disposed. When a unit's task completes, the documents of its image are
/// in the store, and the blobs of its layers are in the store or in the registry that the descriptor's origin names. Thread-safe.
/// </remarks>
internal interface IUnitRunner : IAsyncDisposable
{
    /// <summary>Refuses the steps of an image if they cannot run where the units run. Called before any of its units.</summary>
    /// <exception cref="ManifoldException">Something is missing there.</exception>
    Task RequireAsync(IEnumerable<Step> steps);

    /// <exception cref="OperationCanceledException">The unit was canceled.</exception>
    Task<UnitResult> RunAsync(Unit unit, CancellationToken cancellation);
}
