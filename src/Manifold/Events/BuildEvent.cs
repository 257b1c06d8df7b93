using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Solving.Keeping;

namespace Manifold.Events;

/// <summary>What happens while a build runs, as data; terminal, JSON and report are renderings of the same events.</summary>
/// <remarks>A closed family. Events of one step come in order; events of different steps interleave, from several threads.</remarks>
public abstract record BuildEvent
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>The component of a project that it is about; null where one image is built.</summary>
    public string? Component { get; init; }

    /// <summary>The node that it happened on; null if no nodes are used, or if the placement of the platform tells.</summary>
    internal string? NodeName { get; init; }
}

/// <summary>The plan is made: <paramref name="Steps"/> steps for <paramref name="Platforms"/> platforms.</summary>
public sealed record PlanMade(int Steps, int Platforms) : BuildEvent
{
    /// <summary>The plan itself, for who keeps a record of the build.</summary>
    internal BuildPlan? Plan { get; init; }

    /// <summary>Whether the same plan was made before, on images of the project that were not built yet.</summary>
    internal bool IsUpdate { get; init; }
}

public sealed record StepStarted(Step Step) : BuildEvent;

/// <summary>A RUN that has started waits for others to end before its program starts.</summary>
internal sealed record StepWaiting(Step Step) : BuildEvent;

/// <summary>The program of a RUN that waited starts now.</summary>
internal sealed record StepResumed(Step Step) : BuildEvent;

/// <summary>One line that a RUN printed.</summary>
public sealed record StepPrinted(Step Step, string Line, bool IsError) : BuildEvent;

/// <summary>A step is done. Cached means that nothing was run or copied for it.</summary>
public sealed record StepFinished(Step Step, TimeSpan Duration, bool Cached, bool Emulated) : BuildEvent
{
    /// <summary>The layer that came of it; null where the step changed nothing.</summary>
    public Digest? DiffId { get; init; }

    /// <summary>The key that the result is found by.</summary>
    public Digest? Key { get; init; }

    /// <summary>A second key (<see cref="StepRecord.ContentKey"/>).</summary>
    public Digest? ContentKey { get; init; }
}

public sealed record StepFailed(Step Step, TimeSpan Duration, string Message) : BuildEvent
{
    /// <summary>It ran, and not natively.</summary>
    public bool Emulated { get; init; }
}

/// <summary>A command of the project file that makes files for a build has begun.</summary>
/// <param name="Name">What it is, for people: its command, and its platform where it has one.</param>
internal sealed record HookStarted(string Name) : BuildEvent;

/// <summary>One line that a hook printed.</summary>
internal sealed record HookPrinted(string Name, string Line, bool IsError) : BuildEvent;

/// <summary>A hook is done. Cached means that nothing it reads has changed, and that it was not run.</summary>
internal sealed record HookFinished(string Name, TimeSpan Duration, bool Cached) : BuildEvent;

/// <summary>What a transfer does with a blob.</summary>
public enum TransferKind
{
    Pull,
    Unpack,
    Compress,
    Push,

    /// <summary>To another machine that builds.</summary>
    Send,

    /// <summary>From another machine that builds.</summary>
    Receive,
}

/// <summary>A transfer's state, in bytes. Total is what the descriptor promises; Done equals it at the end.</summary>
/// <param name="Where">The repository, or for <c>Send</c> and <c>Receive</c> the name of the other machine; may be empty.</param>
public sealed record Transferred(TransferKind Kind, Digest Digest, string Where, long Done, long Total) : BuildEvent
{
    /// <summary>For a push that is done: how the blob came there.</summary>
    public BlobPush? Push { get; init; }
}

/// <summary>One platform's image is complete.</summary>
public sealed record ImageMade(Platform Platform, Descriptor Manifest, long CompressedBytes) : BuildEvent;

/// <summary>A platform of an image starts on a node: another machine, or this one if others build too.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="NodePlatform">The platform of the node itself.</param>
/// <param name="Why">The reason for the choice in a few words, such as <c>native</c> or <c>emulated</c>.</param>
internal sealed record UnitPlaced(Platform Platform, string Node, Platform NodePlatform, string Why) : BuildEvent;

/// <summary>A platform's image has been built on a node, or the node was lost.</summary>
/// <param name="Traffic">The bytes that were sent and received for it, and the time.</param>
internal sealed record UnitReturned(Platform Platform, string Node, UnitTraffic Traffic) : BuildEvent
{
    /// <summary>The reason why another node has to take over; null after a success.</summary>
    public string? Lost { get; init; }
}

/// <summary>The cost of building on another machine.</summary>
/// <param name="Waited">The time until the node had a place.</param>
/// <param name="Moved">The time that transfers took while nothing was built.</param>
internal sealed record UnitTraffic(long SentBytes, long ReceivedBytes, TimeSpan Waited, TimeSpan Moved);

/// <summary>The gate has looked at the images. What it found is told by itself.</summary>
public sealed record Verified(int Platforms, int Errors, int Warnings, TimeSpan Duration) : BuildEvent;

/// <summary>Something that people should know and that stops nothing.</summary>
public sealed record Warned(string Message) : BuildEvent
{
    /// <summary>The finding of a build check that the message tells, for programs; null for any other warning.</summary>
    internal Diagnostic? Finding { get; init; }
}
