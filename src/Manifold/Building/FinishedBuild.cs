using System.Runtime.ExceptionServices;
using Manifold.Building.Recording;

namespace Manifold.Building;

/// <summary>The end of a build, also of one that failed: its record, and as much of its results as there is.</summary>
internal sealed record FinishedBuild(BuildRecord Record)
{
    /// <summary>Null if the project was not planned.</summary>
    public ProjectPlan? Plan { get; init; }

    /// <summary>The result for each image; null if the build ended before.</summary>
    public ProjectResult? Result { get; init; }

    /// <summary>The exception that ended the build; null after a success.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Returns the result, or throws the failure as it was thrown.</summary>
    public ProjectResult OrThrow()
    {
        if (Failure is not null)
            ExceptionDispatchInfo.Throw(Failure);
        return Result!;
    }
}
