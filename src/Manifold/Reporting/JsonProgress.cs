using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Reporting;

/// <summary>Renders events as one JSON object a line, for programs. Thread-safe.</summary>
/// <remarks>Every line has <c>event</c> and <c>time</c>, in a project also <c>component</c>; lines of a step have <c>step</c> (its digest), <c>platform</c> and <c>line</c>. Seconds and bytes.</remarks>
public sealed class JsonProgress(TextWriter output)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(string?, TransferKind, Digest, string), DateTimeOffset> written = [];
    private readonly Lock gate = new();

    public void Show(BuildEvent e)
    {
        if (e is StepWaiting or StepResumed || (e is Transferred transfer && IsTooSoon(transfer)))
            return;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("event", Name(e));
            json.WriteString("time", e.Time);
            if (e.Component is { } component)
                json.WriteString("component", component);
            WriteMembers(json, e);
            json.WriteEndObject();
        }
        lock (gate)
            output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
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

    private static string Name(BuildEvent e) => e switch
    {
        PlanMade => "plan",
        StepStarted => "stepStarted",
        StepPrinted => "stepPrinted",
        StepFinished => "stepFinished",
        StepFailed => "stepFailed",
        HookStarted => "hookStarted",
        HookPrinted => "hookPrinted",
        HookFinished => "hookFinished",
        Transferred => "transfer",
        ImageMade => "image",
        Verified => "verified",
        _ => "warning",
    };

    private static void WriteMembers(Utf8JsonWriter json, BuildEvent e)
    {
        switch (e)
        {
            case PlanMade plan:
                json.WriteNumber("steps", plan.Steps);
                json.WriteNumber("platforms", plan.Platforms);
                break;
            case StepStarted started:
                WriteStep(json, started.Step);
                json.WriteString("name", started.Step.Name);
                json.WriteString("stage", started.Step.Stage);
                break;
            case StepPrinted printed:
                WriteStep(json, printed.Step);
                json.WriteString("stream", printed.IsError ? "stderr" : "stdout");
                json.WriteString("text", printed.Line);
                break;
            case StepFinished finished:
                WriteStep(json, finished.Step);
                json.WriteNumber("seconds", finished.Duration.TotalSeconds);
                json.WriteBoolean("cached", finished.Cached);
                json.WriteBoolean("emulated", finished.Emulated);
                break;
            case StepFailed failed:
                WriteStep(json, failed.Step);
                json.WriteNumber("seconds", failed.Duration.TotalSeconds);
                json.WriteString("message", failed.Message);
                break;
            case HookStarted hook:
                json.WriteString("name", hook.Name);
                break;
            case HookPrinted hook:
                json.WriteString("name", hook.Name);
                json.WriteString("stream", hook.IsError ? "stderr" : "stdout");
                json.WriteString("text", hook.Line);
                break;
            case HookFinished hook:
                json.WriteString("name", hook.Name);
                json.WriteNumber("seconds", hook.Duration.TotalSeconds);
                json.WriteBoolean("cached", hook.Cached);
                break;
            case Transferred transfer:
                json.WriteString("kind", PlainProgress.Verb(transfer.Kind));
                json.WriteString("digest", transfer.Digest.ToString());
                json.WriteString("where", transfer.Where);
                json.WriteNumber("done", transfer.Done);
                json.WriteNumber("total", transfer.Total);
                break;
            case ImageMade made:
                json.WriteString("platform", made.Platform.ToString());
                json.WriteString("digest", made.Manifest.Digest.ToString());
                json.WriteNumber("bytes", made.CompressedBytes);
                break;
            case Verified verified:
                json.WriteNumber("platforms", verified.Platforms);
                json.WriteNumber("errors", verified.Errors);
                json.WriteNumber("warnings", verified.Warnings);
                json.WriteNumber("seconds", verified.Duration.TotalSeconds);
                break;
            case Warned warned:
                json.WriteString("message", warned.Message);
                if (warned.Finding is { } finding)
                {
                    json.WritePropertyName("finding");
                    ChecksJson.Write(json, finding);
                }
                break;
        }
    }

    private static void WriteStep(Utf8JsonWriter json, Step step)
    {
        json.WriteString("step", step.Digest.ToString());
        json.WriteString("platform", step.Platform.ToString());
        json.WriteNumber("line", step.Line);
    }
}
