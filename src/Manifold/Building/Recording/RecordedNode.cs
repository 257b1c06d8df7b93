using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>The node that built a platform of an image, and the cost of building there.</summary>
/// <param name="Name">The name that people gave it, or its address.</param>
/// <param name="Platform">The platform of the node itself.</param>
/// <param name="Why">The reason for the choice, such as <c>native</c>.</param>
internal sealed record RecordedNode(string Name, Platform Platform, string Why)
{
    /// <summary>The bytes that were sent, those of lost attempts included.</summary>
    public long SentBytes { get; init; }

    /// <summary>The bytes that were received, those of lost attempts included.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The time until a node had a place.</summary>
    public double WaitedSeconds { get; init; }

    /// <summary>The time that transfers took while nothing was built.</summary>
    public double MovedSeconds { get; init; }

    /// <summary>The attempts that came to nothing, in order.</summary>
    public ImmutableArray<RecordedLoss> Lost { get; init => field = value.IsDefault ? [] : value; } = [];
}

/// <summary>An attempt that ended because its node was lost.</summary>
internal sealed record RecordedLoss(string Node, string Reason);
