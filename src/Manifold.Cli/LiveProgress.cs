using Manifold.Oci;
using Manifold.Planning;
using Manifold.Reporting;
using Manifold.Solving;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Manifold.Cli;

/// <summary>Shows a build on a terminal: what is done scrolls by, what runs stays at the bottom with its time and its last line.</summary>
/// <remarks>Events come from many threads; the screen is drawn by one, ten times a second. A step that fails leaves all that it printed.</remarks>
internal sealed class LiveProgress : IAsyncDisposable
{
    private const int LinesKept = 200;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Dictionary<Digest, Running> running = [];
    private readonly Dictionary<(TransferKind, Digest), Transferred> transfers = [];
    private readonly Queue<string> finished = new();
    private readonly CancellationTokenSource end = new();
    private readonly TimeProvider time;
    private readonly Task drawing;

    private sealed record Running(Step Step, DateTimeOffset Start)
    {
        public Queue<string> Lines { get; } = new();
    }

    public LiveProgress(TextWriter output, TimeProvider time)
    {
        this.time = time;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.Yes });
        drawing = Task.Run(() => console.Live(new Text("")).AutoClear(true).StartAsync(live => DrawAsync(console, live)));
    }

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            switch (e)
            {
                case PlanMade plan: finished.Enqueue($"[grey]{plan.Steps} steps for {plan.Platforms} platform{(plan.Platforms == 1 ? "" : "s")}[/]"); break;
                case StepStarted started: running[started.Step.Digest] = new Running(started.Step, e.Time); break;
                case StepPrinted printed: Print(printed); break;
                case StepFinished done: Finish(done.Step, done.Cached ? "[blue]cached[/]" : $"[green]{Units.Duration(done.Duration)}[/]{(done.Emulated ? " [yellow]emulated[/]" : "")}"); break;
                case StepFailed failed: Fail(failed); break;
                case Transferred transfer: Note(transfer); break;
                case Warned warned: finished.Enqueue($"[yellow]warning:[/] {Markup.Escape(warned.Message)}"); break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await drawing;
        end.Dispose();
    }

    private void Print(StepPrinted printed)
    {
        if (!running.TryGetValue(printed.Step.Digest, out var step))
            return;
        step.Lines.Enqueue(printed.Line);
        if (step.Lines.Count > LinesKept)
            step.Lines.Dequeue();
    }

    private void Finish(Step step, string how)
    {
        running.Remove(step.Digest);
        finished.Enqueue($"{Markup.Escape(PlainProgress.Title(step))}  {how}");
    }

    private void Fail(StepFailed failed)
    {
        var lines = running.GetValueOrDefault(failed.Step.Digest)?.Lines ?? [];
        Finish(failed.Step, $"[red]failed[/] {Units.Duration(failed.Duration)}");
        foreach (var line in lines)
            finished.Enqueue("  [grey]" + Markup.Escape(line) + "[/]");
    }

    private void Note(Transferred transfer)
    {
        if (transfer.Done < transfer.Total)
            transfers[(transfer.Kind, transfer.Digest)] = transfer;
        else
            transfers.Remove((transfer.Kind, transfer.Digest));
    }

    private async Task DrawAsync(IAnsiConsole console, LiveDisplayContext live)
    {
        while (!end.IsCancellationRequested)
        {
            Draw(console, live);
            await Task.Delay(Frame, time, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        Draw(console, live);
    }

    private void Draw(IAnsiConsole console, LiveDisplayContext live)
    {
        List<string> done;
        List<IRenderable> rows;
        lock (gate)
        {
            done = [.. finished];
            finished.Clear();
            rows = [.. running.Values.Select(Row), .. transfers.Values.Select(Row)];
        }
        foreach (var line in done)
            console.MarkupLine(line + new string(' ', Math.Max(0, console.Profile.Width - 1 - Markup.Remove(line).Length))); // covers the rows that were there
        live.UpdateTarget(rows.Count > 0 ? new Rows(rows) : new Text(""));
    }

    private Markup Row(Running step)
    {
        var last = step.Lines.Count > 0 ? $"  [grey]{Markup.Escape(step.Lines.Last())}[/]" : "";
        return new Markup($"[bold]{Markup.Escape(PlainProgress.Title(step.Step))}[/]  {Units.Duration(time.GetUtcNow() - step.Start)}{last}") { Overflow = Overflow.Ellipsis };
    }

    private static Markup Row(Transferred transfer) =>
        new($"{transfer.Kind.ToString().ToLowerInvariant()} {transfer.Digest.Short}  {Units.Bytes(transfer.Done)} / {Units.Bytes(transfer.Total)}  [grey]{Markup.Escape(transfer.Where)}[/]") { Overflow = Overflow.Ellipsis };
}
