using System.Globalization;

namespace Manifold.Nodes;

/// <summary>The difference from this machine's clock to a node's.</summary>
internal static class NodeClock
{
    public const string Remedy = "Set it there: timedatectl set-ntp true";

    private static readonly TimeSpan TolerableOffset = TimeSpan.FromMinutes(5), UsableOffset = TimeSpan.FromDays(1);

    /// <summary>Whether nothing needs to be said about it.</summary>
    public static bool IsTolerable(TimeSpan offset) => offset.Duration() <= TolerableOffset;

    /// <summary>Whether a node with such a clock can build.</summary>
    public static bool IsUsable(TimeSpan offset) => offset.Duration() <= UsableOffset;

    /// <summary>Describes the difference, as a part of a sentence.</summary>
    public static string Describe(TimeSpan offset)
    {
        var amount = IsUsable(offset)
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(offset.TotalMinutes):0} minutes")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(offset.TotalDays):0} days");
        return $"its clock is {amount} {(offset > TimeSpan.Zero ? "ahead of" : "behind")} this machine's";
    }
}
