using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Shows a command's progress in one line on a terminal. The line appears after a second, and is removed at the end.</summary>
internal sealed class StatusLine : IAsyncDisposable
{
    // Erases the line, for the next writer. Text that follows starts where the line started.
    private const string Erase = "\r\e[K";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource end = new();
    private readonly Task showing;

    /// <param name="text">Asked again for each update.</param>
    public StatusLine(CliContext context, Func<string> text) =>
        showing = HasStatus(context) ? ShowAsync(context, text) : Task.CompletedTask;

    /// <summary>The time between two updates.</summary>
    public static TimeSpan Pace { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether standard error can show a status line.</summary>
    public static bool HasStatus(CliContext context) => context is { Interactive: true, HasStatusLine: true };

    /// <summary>Shows a text in place of the last one. Does nothing if there is no status line.</summary>
    public static void WriteStatus(CliContext context, string text)
    {
        if (!HasStatus(context))
            return;
        // A line that wraps could not be erased.
        var line = PaintedLine.Render(PaintedLine.Foreign(text), context.Screen.Width - 1, colors: false, context.IsAscii);
        ForeignTextWriter.Own(context.Error).Write($"{Erase}{line}\r");
    }

    /// <summary>Erases the status line that an interrupted command may have left.</summary>
    public static void Clear(CliContext context)
    {
        if (HasStatus(context))
            ForeignTextWriter.Own(context.Error).Write(Erase);
    }

    private async Task ShowAsync(CliContext context, Func<string> text)
    {
        var isShown = false;
        try
        {
            await Task.Delay(Patience, context.Time, end.Token);
            while (true)
            {
                isShown = true;
                WriteStatus(context, text());
                await Task.Delay(Pace, context.Time, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            if (isShown)
                Clear(context);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await showing;
        end.Dispose();
    }
}
