using System.Globalization;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving;

namespace Manifold.Reporting;

/// <summary>Renders events as lines for logs: a number per step, what it is, what it printed, how it ended.</summary>
/// <remarks>The shape is the one that readers of other builders' logs know: <c>#3 DONE 1.2 s</c>, <c>#4 CACHED</c>. Thread-safe.</remarks>
public sealed class PlainProgress(TextWriter output)
{
    private readonly Lock gate = new();
    private readonly HashSet<(TransferKind, Digest, string)> told = [];
    private readonly Dictionary<Digest, (int Number, DateTimeOffset Start)> steps = [];

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            if (Line(e) is { } line)
                output.WriteLine(line);
        }
    }

    private string? Line(BuildEvent e) => e switch
    {
        PlanMade plan => $"plan: {Count(plan.Steps, "step")} for {Count(plan.Platforms, "platform")}",
        StepStarted { Step: var step } => $"#{Number(step, e.Time)} {Title(step)}",
        StepPrinted printed => string.Create(CultureInfo.InvariantCulture,
            $"#{Number(printed.Step, e.Time)} {(e.Time - steps[printed.Step.Digest].Start).TotalSeconds:0.000} {printed.Line}"),
        StepFinished { Cached: true } cached => $"#{Number(cached.Step, e.Time)} CACHED",
        StepFinished done => $"#{Number(done.Step, e.Time)} DONE {Units.Duration(done.Duration)}{(done.Emulated ? " (emulated)" : "")}",
        StepFailed failed => $"#{Number(failed.Step, e.Time)} FAILED {Units.Duration(failed.Duration)}",
        Transferred { Done: var done, Total: var total } transfer when done == total && total > 0 && told.Add((transfer.Kind, transfer.Digest, transfer.Where)) =>
            $"{Verb(transfer.Kind)} {transfer.Digest.Short} {Units.Bytes(total)} {transfer.Where}".TrimEnd(),
        ImageMade made => $"{made.Platform}: {made.Manifest.Digest} {Units.Bytes(made.CompressedBytes)}",
        Verified verified => $"verified {Count(verified.Platforms, "platform")}: {Count(verified.Errors, "error")}, {Count(verified.Warnings, "warning")} {Units.Duration(verified.Duration)}",
        Warned warned => $"warning: {warned.Message}",
        _ => null,
    };

    /// <summary>A step's name with its platform: <c>[build 2/4] RUN make (linux/arm64)</c>.</summary>
    public static string Title(Step step) => $"{step.Name} ({step.Platform})";

    public static string Verb(TransferKind kind) => kind switch
    {
        TransferKind.Pull => "pulled",
        TransferKind.Unpack => "unpacked",
        TransferKind.Compress => "compressed",
        _ => "pushed",
    };

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private int Number(Step step, DateTimeOffset now)
    {
        if (!steps.TryGetValue(step.Digest, out var known))
            steps[step.Digest] = known = (steps.Count + 1, now);
        return known.Number;
    }
}
