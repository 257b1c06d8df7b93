using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>The running parts of a build, as a short tree.</summary>
/// <remarks>
/// <code>
/// 12 of 40 images  310 of 800 steps, 120 cached
/// api  3 of 5 platforms, 12 of 20 steps, 4 cached
///   linux/arm64@pi  6 of 8  [build 4/5] RUN make  12 s  what it printed last
/// pulling 3 blobs, 12.1 MB of 40.0 MB
/// … and 14 more images at work
/// </code>
/// Not thread-safe: its owner holds a lock. Lines have the marks of <see cref="PaintedLine"/>; texts from outside are escaped.
/// </remarks>
internal sealed class LiveTree
{
    private readonly Dictionary<string, Image> images = new(StringComparer.Ordinal);
    private readonly OpenTransfers transfers = new();
    private readonly Placements placements = new();

    private sealed class Image(string name, DateTimeOffset begin)
    {
        public string Name => name;
        public DateTimeOffset Begin => begin;
        public int Steps, Platforms, Made, Done, Cached;
        public bool Failed;
        public Dictionary<Platform, (int Steps, int Done)> Counts { get; } = [];
        public Dictionary<(Digest, string?), Running> Running { get; } = [];

        /// <summary>The steps that ended on nodes: two nodes may run the same step, and it counts once.</summary>
        public Dictionary<Digest, StepFinished> Ended { get; } = [];
        public bool IsDone => Failed || (Platforms > 0 && Made >= Platforms && Running.Count == 0);
    }

    private sealed record Running(Step Step, DateTimeOffset Begin)
    {
        public string Last { get; set; } = "";
        public bool Waits { get; init; }
        public string? Node { get; init; }
    }

    /// <summary>Takes an event, and returns what is worth a line of its own above the tree; null for most.</summary>
    public string? Show(BuildEvent e)
    {
        var image = Of(e);
        placements.Show(e);
        switch (e)
        {
            case PlanMade { IsUpdate: false } made: Plan(image, made); return null;
            case StepStarted { Step: var step }: image.Running[Key(e, step)] = Begun(e, step); return null;
            case StepWaiting { Step: var step }: image.Running[Key(e, step)] = Begun(e, step) with { Waits = true }; return null;
            case StepResumed { Step: var step }: image.Running[Key(e, step)] = Begun(e, step); return null;
            case StepPrinted printed when image.Running.TryGetValue(Key(e, printed.Step), out var running):
                running.Last = ProgramOutput.Line(printed.Line);
                return null;
            case StepFinished done: return Finish(e, image, done);
            case StepFailed failed:
                image.Failed = true;
                image.Running.Remove(Key(e, failed.Step));
                return $"[red]✗ failed[/]  {Title(e, failed.Step)}  {Amounts.Duration(failed.Duration)}";
            case ImageMade: image.Made++; return e.Component is not null && image.IsDone ? CompletedLine(image, e.Time) : null;
            case Transferred transfer: transfers.Note(transfer); return null;
            case UnitReturned { Lost: not null } lost: Forget(image, lost); return null; // a warning tells of it
            case HookFinished { Cached: false } hook:
                return $"{PaintedLine.Foreign(e.Component ?? "")} {PaintedLine.Foreign(hook.Name)}  "
                    + $"[green]{Amounts.Duration(hook.Duration)}[/]";
            case Warned warned:
                return $"[yellow]warning:[/] {PaintedLine.Foreign((e.Component is null ? "" : e.Component + ": ") + warned.Message)}";
            default: return null;
        }
    }

    /// <summary>The tree now, in no more lines than there is room for.</summary>
    public IReadOnlyList<string> Lines(DateTimeOffset now, int height)
    {
        var lines = new List<string>();
        if (images.Count > 1)
            lines.Add(Summary());
        var atWork = images.Values.Where(image => image.Running.Count > 0).OrderBy(image => image.Begin).ToList();
        var shown = 0;
        foreach (var image in atWork)
        {
            var own = Lines(image, now, images.Count > 1).ToList();
            // Room for what is left over and for the transfers is kept.
            if (lines.Count + own.Count > height - 2 && shown > 0)
                break;
            lines.AddRange(
                own.Count > height - 3 ? [.. own.Take(height - 4), $"  [grey]… and {own.Count - height + 4} more steps[/]"] : own);
            shown++;
        }
        if (atWork.Count > shown)
            lines.Add($"[grey]… and {Amounts.Count(atWork.Count - shown, "more image")} at work[/]");
        if (string.Join("  ", transfers.Texts()) is { Length: > 0 } moving)
            lines.Add($"[grey]{moving}[/]");
        return lines;
    }

    /// <summary>Removes everything, at the end of the build.</summary>
    public void Clear()
    {
        images.Clear();
        transfers.Clear();
    }

    private Image Of(BuildEvent e)
    {
        var name = e.Component ?? "";
        if (!images.TryGetValue(name, out var image))
        {
            image = new Image(name, e.Time);
            // Events about the whole project do not belong to an image.
            if (e is PlanMade or StepStarted or StepWaiting or StepFinished or StepFailed or ImageMade || e.Component is not null)
                images[name] = image;
        }
        return image;
    }

    private static void Plan(Image image, PlanMade made)
    {
        (image.Steps, image.Platforms) = (made.Plan?.Steps.Count(step => step is not BaseStep) ?? made.Steps, made.Platforms);
        foreach (var platform in made.Plan?.Images ?? [])
            image.Counts[platform.Platform] = (platform.Steps.Count(step => step is not BaseStep), 0);
    }

    private static void Count(Image image, StepFinished done, int by)
    {
        image.Done += by;
        image.Cached += done.Cached ? by : 0;
        if (image.Counts.TryGetValue(done.Step.Platform, out var count))
            image.Counts[done.Step.Platform] = (count.Steps, count.Done + by);
    }

    /// <summary>Takes back the steps of a platform whose node was lost. Another node does them again.</summary>
    private void Forget(Image image, UnitReturned lost)
    {
        foreach (var (key, running) in image.Running.ToList())
            if (placements.IsOf(lost, running.Step.Platform, running.Node))
                image.Running.Remove(key);
        foreach (var done in image.Ended.Values.Where(done => done.Step.Platform == lost.Platform).ToList())
        {
            image.Ended.Remove(done.Step.Digest);
            Count(image, done, -1);
        }
    }

    private static (Digest, string?) Key(BuildEvent e, Step step) => (step.Digest, e.NodeName);

    private Running Begun(BuildEvent e, Step step) => new(step, e.Time) { Node = placements.NodeOf(e, step.Platform) };

    private string? Finish(BuildEvent e, Image image, StepFinished done)
    {
        image.Running.Remove(Key(e, done.Step));
        if (placements.NodeOf(e, done.Step.Platform) is null || image.Ended.TryAdd(done.Step.Digest, done))
            Count(image, done, 1);
        if (e.Component is not null)
            return null; // of several images, each gets one line when it is complete
        return $"{Title(e, done.Step)}  {(done.Cached ? "[blue]cached[/]" : Time(done))}";
    }

    private static string Time(StepFinished done) =>
        $"[green]{Amounts.Duration(done.Duration)}[/]{(done.Emulated ? " [yellow]emulated[/]" : "")}";

    private static string CompletedLine(Image image, DateTimeOffset now) =>
        $"[green]✓[/] [bold]{PaintedLine.Foreign(image.Name)}[/]  {Amounts.Count(image.Platforms, "platform")}  "
            + (image.Cached == image.Done
                ? "[blue]cached[/]"
                : $"{Amounts.Duration(now - image.Begin)}  {image.Cached} of {image.Steps} cached");

    private string Summary()
    {
        var all = images.Values;
        return $"[bold]{all.Count(image => image.IsDone)} of {Amounts.Count(all.Count, "image")}[/]  {all.Sum(image => image.Done)}"
            + $" of {Amounts.Count(all.Sum(image => image.Steps), "step")}, {all.Sum(image => image.Cached)} cached";
    }

    private static IEnumerable<string> Lines(Image image, DateTimeOffset now, bool named)
    {
        if (named)
            yield return $"[bold]{PaintedLine.Foreign(image.Name)}[/]  {image.Made} of {Amounts.Count(image.Platforms, "platform")}, "
                + $"{image.Done} of {Amounts.Count(image.Steps, "step")}{(image.Cached > 0 ? $", [blue]{image.Cached} cached[/]" : "")}";
        foreach (var running in image.Running.Values.OrderBy(running => running.Waits)
            .ThenBy(running => running.Step.Platform.ToString(), StringComparer.Ordinal).ThenBy(running => running.Begin))
        {
            var count = image.Counts.TryGetValue(running.Step.Platform, out var known) ? $"  [grey]{known.Done} of {known.Steps}[/]" : "";
            var last = running.Last.Length > 0 ? $"[rest]  [grey]{PaintedLine.Foreign(running.Last)}[/][/]" : "";
            var platform = PaintedLine.Foreign(Placements.Name(running.Step.Platform, running.Node));
            var step = $"{(named ? "  " : "")}{platform}{count}  ";
            yield return running.Waits
                ? $"[grey]{step}[cut]{PaintedLine.Foreign(running.Step.Name)}[/]  waiting for a slot[/]"
                : $"{step}[bold][cut]{PaintedLine.Foreign(running.Step.Name)}[/][/]  {Amounts.Duration(now - running.Begin)}{last}";
        }
    }

    private string Title(BuildEvent e, Step step) =>
        $"[cut]{PaintedLine.Foreign((e.Component is null ? "" : e.Component + " ") + step.Name)}[/] "
            + $"({PaintedLine.Foreign(Placements.Name(step.Platform, placements.NodeOf(e, step.Platform)))})";
}
