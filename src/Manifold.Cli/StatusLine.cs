using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One line on a terminal that says how far a command is. It appears after a second, and is removed at the end.</summary>
internal sealed class StatusLine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1), Pace = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource end = new();
    private readonly Task showing;

    /// <param name="text">Asked again for each update.</param>
    public StatusLine(CliContext context, Func<string> text) =>
        showing = context.Interactive ? ShowAsync(context, text) : Task.CompletedTask;

    private async Task ShowAsync(CliContext context, Func<string> text)
    {
        var isShown = false;
        try
        {
            await Task.Delay(Patience, context.Time, end.Token);
            while (true)
            {
                isShown = true;
                // A line that wraps could not be erased.
                var width = (context.ErrorSize()?.Width ?? 80) - 1;
                var line = PaintedLine.Render(PaintedLine.Escape(ForeignText.Line(text())), width, colors: false, context.IsAscii);
                ForeignTextWriter.Own(context.Error).Write($"\r\e[K{line}\r");
                await Task.Delay(Pace, context.Time, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            if (isShown)
                TransferLines.ClearStatus(context);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await showing;
        end.Dispose();
    }
}
