using System.Text;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Shows a build on a terminal. Finished steps scroll by, and running steps stay at the bottom as a tree.</summary>
/// <remarks>
/// Events come from many threads; the screen is drawn by one, ten times a second. The output of a step that fails stays on the screen.
/// </remarks>
internal sealed class LiveProgress : IAsyncDisposable
{
    // The tree leaves room for what scrolls by.
    private const int LinesKept = 200, HighestTree = 30, LowestTree = 6;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly LiveTree tree = new();
    private readonly Dictionary<(string?, Digest), Queue<string>> printed = [];
    private readonly List<(string Text, bool Marked)> finished = [];
    private readonly CancellationTokenSource end = new();
    private readonly CliContext context;
    private readonly TextWriter output;
    private readonly LiveScreen screen;
    private readonly Task drawing;
    private bool over;

    public LiveProgress(CliContext context)
    {
        this.context = context;
        output = ForeignTextWriter.Own(context.Error);
        screen = new LiveScreen(context.Paints, context.IsAscii);
        Above = new LinesAbove(this);
        drawing = Task.Run(DrawAsync);
    }

    /// <summary>Prints lines above the tree. After the end, writes to standard error directly.</summary>
    public TextWriter Above { get; }

    public void Show(BuildEvent e)
    {
        lock (gate)
        {
            if (tree.Show(e) is { } line)
            {
                // Warnings stay whole.
                finished.Add(e is Warned ? (PaintedLine.Render(line, int.MaxValue, context.Paints, context.IsAscii), false) : (line, true));
            }
            switch (e)
            {
                case StepPrinted print: Keep(e, print); break;
                case StepFinished done: printed.Remove((e.Component, done.Step.Digest)); break;
                case StepFailed failed when printed.Remove((e.Component, failed.Step.Digest), out var lines):
                    finished.AddRange(lines.Select(each => ("  " + each, false)));
                    break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await drawing;
        await Above.DisposeAsync();
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

    private async Task DrawAsync()
    {
        while (!end.IsCancellationRequested)
        {
            Draw();
            await Task.Delay(Frame, context.Time, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        lock (gate)
        {
            tree.Clear();
            Draw();
            over = true;
        }
    }

    private void Draw()
    {
        var size = context.Screen;
        string frame;
        lock (gate)
        {
            var room = Math.Clamp(size.Height - 4, LowestTree, HighestTree);
            frame = screen.Frame([.. finished], tree.Lines(context.Time.GetUtcNow(), room), size);
            finished.Clear();
        }
        try
        {
            if (frame.Length > 0)
                output.Write(frame);
        }
        catch (IOException)
        {
            // The terminal was closed. The build goes on, as it would without one.
        }
    }

    /// <summary>Takes what other parts of the program print during the build. Text from outside is escaped already.</summary>
    private sealed class LinesAbove(LiveProgress owner) : TextWriter
    {
        private readonly StringBuilder line = new();

        public override Encoding Encoding => owner.output.Encoding;

        public override void Write(char value)
        {
            lock (owner.gate)
            {
                if (owner.over)
                    owner.output.Write(value);
                else if (value != '\n')
                    line.Append(value);
                else
                {
                    owner.finished.Add((line.ToString(), false));
                    line.Clear();
                }
            }
        }

        public override void Write(string? value)
        {
            lock (owner.gate)
            {
                if (owner.over)
                    owner.output.Write(value);
                else
                    base.Write(value);
            }
        }
    }
}
