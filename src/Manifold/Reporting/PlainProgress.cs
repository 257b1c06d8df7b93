using System.Globalization;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>Renders events as lines for logs: a number per step, what it is, what it printed, how it ended.</summary>
/// <remarks>
/// The shape is the one that readers of other builders' logs know: <c>#3 DONE 1.2 s</c>, <c>#4 CACHED</c>. With groups a step's own lines
/// come together when it ends, folded; those of a step that failed are not folded.
/// What a RUN prints is shown as <see cref="ProgramOutput"/> has it. Thread-safe.
/// </remarks>
/// <param name="colours">Keeps the colours of what a RUN prints: for a terminal.</param>
internal sealed class PlainProgress(TextWriter output, LogGroups? groups = null, bool colours = false)
{
    private readonly bool colours = colours && groups is null;

    /// <summary>The longest time without a line.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly AtWork atWork = new();
    private DateTimeOffset? lastLine;
    private readonly Lock gate = new();
    private readonly HashSet<(TransferKind, Digest, string)> told = [];
    private readonly Dictionary<(string?, Digest, string?), (int Number, DateTimeOffset Start)> steps = [];
    private readonly Placements placements = new();
    private readonly Dictionary<int, List<string>> held = [];

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            atWork.Show(e);
            placements.Show(e);
            lastLine ??= e.Time;
            if (Line(e) is not { } line)
                return;
            if (groups is null || e is not StepPrinted)
                lastLine = e.Time;
            if (groups is not null && e is StepPrinted printed)
                Hold(Number(e, printed.Step), line);
            else if (groups is not null && e is StepFinished { Step: var done } && held.Remove(Number(e, done), out var lines))
                groups.Write(output, $"{line}  {Title(e, done)}", lines, (steps[Key(e, done)].Start, e.Time));
            else
                WriteLine(e, line);
        }
    }

    /// <summary>Prints what runs if nothing was printed for some seconds, so that a long step does not look stuck.</summary>
    public void Tick(DateTimeOffset now)
    {
        lock (gate)
        {
            if (lastLine is not { } last || now - last < Silence)
                return;
            lastLine = now;
            foreach (var line in atWork.Lines(now, step => steps.GetValueOrDefault(step).Number))
                output.WriteLine(line);
        }
    }

    private void WriteLine(BuildEvent e, string line)
    {
        if (e is StepFailed failed && held.Remove(Number(e, failed.Step), out var lines))
            lines.ForEach(output.WriteLine);
        // What a program printed is safe already, and its colours are not escaped.
        (e is StepPrinted or HookPrinted && colours ? ForeignTextWriter.Own(output) : output).WriteLine(line);
    }

    private void Hold(int number, string line)
    {
        if (!held.TryGetValue(number, out var lines))
            held[number] = lines = [];
        lines.Add(line);
    }

    private string? Line(BuildEvent e) => e switch
    {
        PlanMade { IsUpdate: false } plan =>
            $"{Of(e)}plan: {Amounts.Count(plan.Steps, "step")} for {Amounts.Count(plan.Platforms, "platform")}",
        StepStarted { Step: var step } => $"{Begin(e, step)} {Title(e, step)}",
        StepPrinted printed => string.Create(CultureInfo.InvariantCulture,
            $"{ForeignText.Line(Begin(e, printed.Step))} {(e.Time - steps[Key(e, printed.Step)].Start).TotalSeconds:0.000} "
                + $"{ProgramOutput.Line(printed.Line, colours)}"),
        StepFinished { Cached: true } cached => $"{Begin(e, cached.Step)} CACHED",
        StepFinished { Step: var step } done =>
            $"{Begin(e, step)} DONE {Amounts.Duration(done.Duration)}{(done.Emulated ? " (emulated)" : "")}",
        StepFailed failed => $"{Begin(e, failed.Step)} FAILED {Amounts.Duration(failed.Duration)}",
        Transferred { Done: var done, Total: var total } transfer
            when done == total && total > 0 && told.Add((transfer.Kind, transfer.Digest, transfer.Where)) =>
                $"{Verb(transfer.Kind)} {transfer.Digest.Short} {Amounts.Bytes(total)} {transfer.Where}".TrimEnd(),
        ImageMade made =>
            $"{placements.Prefix(e, made.Platform)}{Of(e)}{made.Platform}: {made.Manifest.Digest} {Amounts.Bytes(made.CompressedBytes)}",
        Verified verified => $"{Of(e)}verified {Amounts.Count(verified.Platforms, "platform")}: {Amounts.Count(verified.Errors, "error")}"
            + $", {Amounts.Count(verified.Warnings, "warning")} {Amounts.Duration(verified.Duration)}",
        HookStarted hook => $"{Of(e)}hook {hook.Name}",
        HookPrinted hook => $"{ForeignText.Line(Of(e))}hook {ProgramOutput.Line(hook.Line, colours)}",
        HookFinished hook => $"{Of(e)}hook {(hook.Cached ? "CACHED" : $"DONE {Amounts.Duration(hook.Duration)}")} {hook.Name}",
        UnitPlaced placed => $"{Of(e)}{placed.Platform} builds on {placed.Node} ({placed.NodePlatform}, {placed.Why})",
        UnitReturned returned => Returned(e, returned),
        Warned warned => $"warning: {Of(e)}{warned.Message}",
        _ => null,
    };

    /// <summary>Null if nothing moved, as on this machine, or if the node was lost, which a warning tells.</summary>
    private static string? Returned(BuildEvent e, UnitReturned returned)
    {
        var traffic = returned.Traffic;
        if (returned.Lost is not null || traffic is { SentBytes: 0, ReceivedBytes: 0 })
            return null;
        return $"{Placements.PrefixOf(returned.Platform, returned.Node)}{Of(e)}{returned.Platform}"
            + $" sent {Amounts.Bytes(traffic.SentBytes)}, "
            + $"received {Amounts.Bytes(traffic.ReceivedBytes)}, waited {Amounts.Duration(traffic.Waited)}, transferred for "
            + Amounts.Duration(traffic.Moved);
    }

    /// <summary>The begin of each line of a step: <c>#3</c>, or <c>[arm64@pi] #3</c> if nodes are used.</summary>
    private string Begin(BuildEvent e, Step step) => $"{placements.Prefix(e, step.Platform)}#{Number(e, step)}";

    /// <summary>A step's name with its platform: <c>[build 2/4] RUN make (linux/arm64)</c>.</summary>
    public static string Title(Step step) => $"{step.Name} ({step.Platform})";

    private static string Title(BuildEvent e, Step step) => e.Component is { } component ? $"{component}: {Title(step)}" : Title(step);

    public static string Verb(TransferKind kind) => kind switch
    {
        TransferKind.Pull => "pulled",
        TransferKind.Unpack => "unpacked",
        TransferKind.Compress => "compressed",
        TransferKind.Send => "sent",
        TransferKind.Receive => "received",
        _ => "pushed",
    };

    private static string Of(BuildEvent e) => e.Component is { } component ? component + ": " : "";

    /// <summary>Two nodes may run the same step.</summary>
    private static (string?, Digest, string?) Key(BuildEvent e, Step step) => (e.Component, step.Digest, e.NodeName);

    private int Number(BuildEvent e, Step step)
    {
        if (!steps.TryGetValue(Key(e, step), out var known))
            steps[Key(e, step)] = known = (steps.Count + 1, e.Time);
        return known.Number;
    }
}
