using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Reporting;

/// <summary>Renders events as one JSON object a line, for programs. Thread-safe.</summary>
/// <remarks>
/// Every line has <c>event</c> and <c>time</c>, in a project also <c>component</c>; lines of a step have <c>step</c> (its digest),
/// <c>platform</c> and <c>line</c>. Seconds and bytes.
/// </remarks>
internal sealed class JsonProgress(TextWriter output)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(string?, TransferKind, Digest, string), DateTimeOffset> written = [];
    private readonly Lock gate = new();

    public void Show(BuildEvent e)
    {
        if (e is StepWaiting or StepResumed || (e is Transferred transfer && IsTooSoon(transfer)))
            return;
        var line = ReportingJson.Line(LineOf(e), ReportingJson.Default.ProgressLine);
        lock (gate)
            output.WriteLine(line);
    }

    /// <summary>Whether an event about the same transfer was written a moment ago. The last one of a transfer is always written.</summary>
    private bool IsTooSoon(Transferred transfer)
    {
        var key = (transfer.Component, transfer.Kind, transfer.Digest, transfer.Where);
        lock (gate)
        {
            if (transfer.Done >= transfer.Total)
            {
                written.Remove(key);
                return false;
            }
            if (written.TryGetValue(key, out var before) && transfer.Time - before < Pace)
                return true;
            written[key] = transfer.Time;
            return false;
        }
    }

    private static ProgressLine LineOf(BuildEvent e) => e switch
    {
        PlanMade { IsUpdate: false } plan => Line(e, "plan") with { Steps = plan.Steps, Platforms = plan.Platforms },
        StepStarted started => Line(e, "stepStarted", started.Step) with { Name = started.Step.Name, Stage = started.Step.Stage },
        StepPrinted printed => Line(e, "stepPrinted", printed.Step) with { Stream = Stream(printed.IsError), Text = printed.Line },
        StepFinished finished => Line(e, "stepFinished", finished.Step) with
        {
            Seconds = finished.Duration.TotalSeconds,
            Cached = finished.Cached,
            Emulated = finished.Emulated,
        },
        StepFailed failed => Line(e, "stepFailed", failed.Step) with { Seconds = failed.Duration.TotalSeconds, Message = failed.Message },
        HookStarted hook => Line(e, "hookStarted") with { Name = hook.Name },
        HookPrinted hook => Line(e, "hookPrinted") with { Name = hook.Name, Stream = Stream(hook.IsError), Text = hook.Line },
        HookFinished hook => Line(e, "hookFinished") with
        {
            Name = hook.Name,
            Seconds = hook.Duration.TotalSeconds,
            Cached = hook.Cached,
        },
        Transferred transfer => Line(transfer),
        ImageMade made => Line(e, "image") with
        {
            Platform = made.Platform.ToString(),
            Digest = made.Manifest.Digest.ToString(),
            Bytes = made.CompressedBytes,
        },
        UnitPlaced placed => Line(e, "unitPlaced") with
        {
            Platform = placed.Platform.ToString(),
            Node = placed.Node,
            NodePlatform = placed.NodePlatform.ToString(),
            Why = placed.Why,
        },
        UnitReturned returned => Line(returned),
        Verified verified => Line(verified),
        Warned warned => Line(e, "warning") with
        {
            Message = warned.Message,
            Finding = warned.Finding is { } finding ? FindingRecord.Of(finding) : null,
        },
        _ => Line(e, "warning"),
    };

    private static ProgressLine Line(BuildEvent e, string name) => new()
    {
        Event = name,
        Time = e.Time,
        Component = e.Component,
        Node = e.NodeName,
    };

    private static ProgressLine Line(BuildEvent e, string name, Step step) => Line(e, name) with
    {
        Step = step.Digest.ToString(),
        Platform = step.Platform.ToString(),
        Line = step.Line,
    };

    private static ProgressLine Line(Transferred transfer) => Line(transfer, "transfer") with
    {
        Kind = PlainProgress.Verb(transfer.Kind),
        Digest = transfer.Digest.ToString(),
        Where = transfer.Where,
        Done = transfer.Done,
        Total = transfer.Total,
    };

    private static ProgressLine Line(UnitReturned returned) => Line(returned, "unitReturned") with
    {
        Platform = returned.Platform.ToString(),
        Node = returned.Node,
        SentBytes = returned.Traffic.SentBytes,
        ReceivedBytes = returned.Traffic.ReceivedBytes,
        WaitedSeconds = returned.Traffic.Waited.TotalSeconds,
        MovedSeconds = returned.Traffic.Moved.TotalSeconds,
        Lost = returned.Lost,
    };

    private static ProgressLine Line(Verified verified) => Line(verified, "verified") with
    {
        Platforms = verified.Platforms,
        Errors = verified.Errors,
        Warnings = verified.Warnings,
        Seconds = verified.Duration.TotalSeconds,
    };

    private static string Stream(bool isError) => isError ? "stderr" : "stdout";
}
