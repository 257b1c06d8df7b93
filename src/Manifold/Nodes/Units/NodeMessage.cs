using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Nodes.Units;

/// <summary>The kind of a message from a node about a unit.</summary>
internal enum NodeMessageKind
{
    Started,
    Waiting,
    Resumed,
    Printed,
    Finished,
    Failed,
    Moved,
    Warned,

    /// <summary>The unit is done. This is its last message.</summary>
    Result,

    /// <summary>The unit failed. This is its last message.</summary>
    Problem,
}

/// <summary>One line of the stream that follows a unit on a node: an event, or the end.</summary>
/// <remarks>Its members are those that the kind has; all others are null. Times are durations, because clocks differ.</remarks>
internal sealed record NodeMessage
{
    /// <summary>Counts from 1 for each unit, so that a follower can go on after a lost connection.</summary>
    public long Number { get; init; }

    public required NodeMessageKind Kind { get; init; }

    /// <summary>The step, by its digest in the plan.</summary>
    public Digest? Step { get; init; }

    public string? Text { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsError { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Seconds { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Cached { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Emulated { get; init; }
    public Digest? DiffId { get; init; }
    public Digest? Key { get; init; }
    public Digest? ContentKey { get; init; }
    public NodeTransfer? Transfer { get; init; }
    public UnitResult? Result { get; init; }
    public NodeProblem? Problem { get; init; }
}

/// <summary>The state of a transfer on the node.</summary>
internal sealed record NodeTransfer(TransferKind Kind, Digest Digest, string Where, long Done, long Total)
{
    /// <summary>For a push that is done: how the blob came there.</summary>
    public BlobPush? Push { get; init; }
}

/// <summary>The reason why a unit failed on a node.</summary>
internal sealed record NodeProblem(string Message, int ExitCode)
{
    /// <summary>The step that failed; null for any other failure.</summary>
    public Digest? Step { get; init; }

    /// <summary>The reason without the step's name.</summary>
    public string? Reason { get; init; }

    public int? ProgramExitCode { get; init; }
    public ImmutableArray<string> LogTail { get; init; } = [];

    /// <summary>Whether the node lacks something that another node may have.</summary>
    public bool IsNodesFault { get; init; }
}
