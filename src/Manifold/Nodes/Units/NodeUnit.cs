using Manifold.Building.Units;
using Manifold.Events;
using Manifold.Planning;

namespace Manifold.Nodes.Units;

/// <summary>A unit on a node: its messages, and the way to stop it.</summary>
internal sealed class NodeUnit(string id) : IDisposable
{
    private readonly CancellationTokenSource stop = new();

    public string Id => id;

    public MessageLog<NodeMessage> Messages { get; } = new();

    /// <summary>Canceled when the caller no longer wants the unit.</summary>
    public CancellationToken Stopping => stop.Token;

    /// <summary>The work. Never fails: a failure is the unit's last message.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    public Task StopAsync() => stop.CancelAsync();

    /// <summary>Adds the message for an event. Events that only the node needs have none.</summary>
    public void Show(BuildEvent e)
    {
        if (MessageOf(e) is { } message)
            Messages.Add(message);
    }

    /// <summary>Adds the last message.</summary>
    public void End(UnitResult result) => End(new NodeMessage { Kind = NodeMessageKind.Result, Result = result });

    /// <inheritdoc cref="End(UnitResult)"/>
    public void End(Exception e) => End(new NodeMessage { Kind = NodeMessageKind.Problem, Problem = ProblemOf(e) });

    private void End(NodeMessage last)
    {
        Messages.Add(last);
        Messages.Close();
    }

    private static NodeMessage? MessageOf(BuildEvent e) => e switch
    {
        StepStarted started => Of(NodeMessageKind.Started, started.Step),
        StepWaiting waiting => Of(NodeMessageKind.Waiting, waiting.Step),
        StepResumed resumed => Of(NodeMessageKind.Resumed, resumed.Step),
        StepPrinted printed => Of(NodeMessageKind.Printed, printed.Step) with { Text = printed.Line, IsError = printed.IsError },
        StepFinished finished => Of(NodeMessageKind.Finished, finished.Step) with
        {
            Seconds = finished.Duration.TotalSeconds,
            Cached = finished.Cached,
            Emulated = finished.Emulated,
            DiffId = finished.DiffId,
            Key = finished.Key,
            ContentKey = finished.ContentKey,
        },
        StepFailed failed => Of(NodeMessageKind.Failed, failed.Step) with
        {
            Seconds = failed.Duration.TotalSeconds,
            Text = failed.Message,
            Emulated = failed.Emulated,
        },
        Transferred moved => new NodeMessage
        {
            Kind = NodeMessageKind.Moved,
            Transfer = new NodeTransfer(moved.Kind, moved.Digest, moved.Where, moved.Done, moved.Total) { Push = moved.Push },
        },
        Warned warned => new NodeMessage { Kind = NodeMessageKind.Warned, Text = warned.Message },
        _ => null,
    };

    private static NodeMessage Of(NodeMessageKind kind, Step step) => new() { Kind = kind, Step = step.Digest };

    private static NodeProblem ProblemOf(Exception e) => e switch
    {
        StepFailedException failed => new NodeProblem(failed.Message, failed.ExitCode)
        {
            Step = failed.Step.Digest,
            Reason = failed.Spot.Reason,
            ProgramExitCode = failed.ProgramExitCode,
            LogTail = failed.LogTail,
            IsNodesFault = failed.IsHostsFault,
        },
        HostNotReadyException missing => new NodeProblem(missing.Message, missing.ExitCode) { IsNodesFault = true },
        ManifoldException known => new NodeProblem(known.Message, known.ExitCode),
        OperationCanceledException => new NodeProblem("the unit was stopped", 130),
        _ => new NodeProblem(e.Message, 1) { IsNodesFault = true },
    };

    public void Dispose() => stop.Dispose();
}
