using Manifold.Building.Recording;

namespace Manifold.Reporting;

/// <summary>The outcome of a build in words, the same in every rendering.</summary>
internal static class OutcomeText
{
    public static string Of(BuildRecord record) => record.Outcome switch
    {
        BuildOutcome.Succeeded => "Succeeded",
        BuildOutcome.Partly when record.Components.All(image => record.StateOf(image) is ImageState.Published or ImageState.Built)
            => "Platforms missing",
        BuildOutcome.Partly => "Partly failed",
        BuildOutcome.Failed => "Failed",
        _ => "Interrupted",
    };
}
