using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>The steps, hooks and transfers that run now, for a log without new lines.</summary>
/// <remarks>Not thread-safe: its owner holds a lock.</remarks>
internal sealed class AtWork
{
    private const int MostLines = 4;

    private readonly Dictionary<(string?, Digest, string?), (Step Step, DateTimeOffset Begin, string? Node)> running = [];
    private readonly HashSet<(string?, Digest, string?)> waiting = [];
    private readonly Placements placements = new();
    private readonly Dictionary<(string?, string), DateTimeOffset> hooks = [];
    private readonly OpenTransfers transfers = new();

    public void Show(BuildEvent e)
    {
        placements.Show(e);
        switch (e)
        {
            case StepStarted started: Begin(e, started.Step); break;
            case StepWaiting waits: waiting.Add((e.Component, waits.Step.Digest, e.NodeName)); break;
            case StepResumed resumed:
                waiting.Remove((e.Component, resumed.Step.Digest, e.NodeName));
                Begin(e, resumed.Step);
                break;
            case StepFinished done: End((e.Component, done.Step.Digest, e.NodeName)); break;
            case StepFailed failed: End((e.Component, failed.Step.Digest, e.NodeName)); break;
            case UnitReturned { Lost: not null } lost: EndAll(lost); break;
            case HookStarted hook: hooks[(e.Component, hook.Name)] = e.Time; break;
            case HookFinished hook: hooks.Remove((e.Component, hook.Name)); break;
            case Transferred transfer: transfers.Note(transfer); break;
        }
    }

    /// <summary>Returns a few lines, and at least one.</summary>
    /// <param name="number">The number of a step in the log.</param>
    public IEnumerable<string> Lines(DateTimeOffset now, Func<(string?, Digest, string?), int> number)
    {
        var lines = running.Where(pair => !waiting.Contains(pair.Key)).OrderBy(pair => pair.Value.Begin)
            .Select(pair => $"{Placements.PrefixOf(pair.Value.Step.Platform, pair.Value.Node)}#{number(pair.Key)} running for "
                + $"{Amounts.Duration(now - pair.Value.Begin)}: {Of(pair.Key.Item1)}{PlainProgress.Title(pair.Value.Step)}")
            .Concat(hooks.Select(pair => $"{Of(pair.Key.Item1)}hook running for {Amounts.Duration(now - pair.Value)}: {pair.Key.Item2}"))
            .Concat(transfers.Texts()).ToList();
        if (lines.Count == 0)
            lines.Add("still working");
        if (lines.Count > MostLines)
            lines = [.. lines.Take(MostLines - 1), $"… and {lines.Count - MostLines + 1} more at work"];
        return waiting.Count == 0 ? lines : lines.Append($"{Amounts.Count(waiting.Count, "step")} waiting for a slot");
    }

    private void Begin(BuildEvent e, Step step) =>
        running[(e.Component, step.Digest, e.NodeName)] = (step, e.Time, placements.NodeOf(e, step.Platform));

    /// <summary>Ends the steps of a platform whose node was lost.</summary>
    private void EndAll(UnitReturned lost)
    {
        foreach (var (key, (step, _, node)) in running.Where(pair => pair.Key.Item1 == lost.Component).ToList())
            if (placements.IsOf(lost, step.Platform, node))
                End(key);
    }

    private void End((string?, Digest, string?) step)
    {
        running.Remove(step);
        waiting.Remove(step);
    }

    private static string Of(string? component) => component is null ? "" : component + ": ";
}
