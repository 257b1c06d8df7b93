using Manifold.Oci;
using Manifold.Solving;
using Manifold.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Manifold.Cli;

/// <summary>Shows a build on a terminal: what is done scrolls by, what runs stays at the bottom as a tree.</summary>
/// <remarks>Events come from many threads; the screen is drawn by one, ten times a second. A step that fails leaves all that it printed.</remarks>
internal sealed class LiveProgress : IAsyncDisposable
{
    // The tree leaves room for what scrolls by.
    private const int LinesKept = 200, HighestTree = 30, LowestTree = 6;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly LiveTree tree = new();
    private readonly Dictionary<(string?, Digest), Queue<string>> printed = [];
    private readonly Queue<string> finished = new();
    private readonly CancellationTokenSource end = new();
    private readonly TimeProvider time;
    private readonly Task drawing;

    public LiveProgress(TextWriter output, TimeProvider time)
    {
        this.time = time;
        var console = SafeConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(ForeignTextWriter.Own(output)), Interactive = InteractionSupport.Yes });
        drawing = Task.Run(() => console.Live(new Spectre.Console.Text("")).AutoClear(true).StartAsync(live => DrawAsync(console, live)));
    }

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            if (tree.Show(e) is { } line)
                finished.Enqueue(line);
            switch (e)
            {
                case StepPrinted print: Keep(e, print); break;
                case StepFinished done: printed.Remove((e.Component, done.Step.Digest)); break;
                case StepFailed failed when printed.Remove((e.Component, failed.Step.Digest), out var lines):
                    foreach (var each in lines)
                        finished.Enqueue("  [grey]" + Markup.Escape(each) + "[/]");
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await drawing;
        end.Dispose();
    }

    private void Keep(BuildEvent e, StepPrinted print)
    {
        if (!printed.TryGetValue((e.Component, print.Step.Digest), out var lines))
            printed[(e.Component, print.Step.Digest)] = lines = new Queue<string>();
        lines.Enqueue(ProgramOutput.Line(print.Line));
        if (lines.Count > LinesKept)
            lines.Dequeue();
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
            rows = [.. tree.Lines(time.GetUtcNow(), Math.Clamp(console.Profile.Height - 4, LowestTree, HighestTree)).Select(line => new Markup(line) { Overflow = Overflow.Ellipsis })];
        }
        foreach (var line in done)
            console.MarkupLine(line + new string(' ', Math.Max(0, console.Profile.Width - 1 - Markup.Remove(line).Length))); // covers the rows that were there
        live.UpdateTarget(rows.Count > 0 ? new Rows(rows) : new Spectre.Console.Text(""));
    }
}
