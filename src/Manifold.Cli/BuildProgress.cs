using Manifold.Events;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>
/// Shows a build's events on standard error, in the form that was asked for. Disposing it ends what is live; twice is fine.
/// </summary>
internal sealed class BuildProgress : IAsyncDisposable
{
    private const int NarrowestTree = 20;

    private readonly Action<BuildEvent> show;
    private readonly Func<ValueTask>? end;
    private bool ended;

    private BuildProgress(Action<BuildEvent> show, CliContext context, Func<ValueTask>? end = null) =>
        (this.show, Context, this.end) = (show, context, end);

    /// <summary>The caller's context. What it writes to standard error appears above what is live.</summary>
    public CliContext Context { get; }

    /// <summary>Whether people read what is shown, and so also see what a step printed.</summary>
    public bool IsForPeople { get; private init; }

    public void Show(BuildEvent e) => show(e);

    public static BuildProgress Create(CliContext context, string mode) => mode switch
    {
        "quiet" => new BuildProgress(_ => { }, context),
        "json" => new BuildProgress(new JsonProgress(context.Error).Show, context),
        _ when IsLive(context, mode) => Live(context),
        _ => Plain(context),
    };

    public async ValueTask DisposeAsync()
    {
        if (!ended && end is not null)
            await end();
        ended = true;
    }

    /// <summary>
    /// Whether a terminal that is wide enough shows the build. Some CI systems present their log as a terminal, so a CI gets the
    /// tree only on request.
    /// </summary>
    private static bool IsLive(CliContext context, string mode) => context.Interactive && mode switch
    {
        "tty" => true,
        "auto" => context.Variable("CI") is null or "false" && context.Screen.Width >= NarrowestTree,
        _ => false,
    };

    private static BuildProgress Live(CliContext context)
    {
        var live = new LiveProgress(context);
        var above = context with { Error = ForeignTextWriter.Around(live.Above), HasStatusLine = false };
        return new BuildProgress(live.Show, above, live.DisposeAsync) { IsForPeople = true };
    }

    private static BuildProgress Plain(CliContext context)
    {
        var plain = new PlainProgress(context.Error, LogGroups.Of(context.Variable), colours: context.Paints);
        var stop = new CancellationTokenSource();
        var ticking = TickAsync(plain, context, stop.Token);
        return new BuildProgress(plain.Show, context, async () =>
        {
            await stop.CancelAsync();
            await ticking;
            stop.Dispose();
        })
        {
            IsForPeople = true,
        };
    }

    private static async Task TickAsync(PlainProgress plain, CliContext context, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1)); // real time, because a person waits
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                plain.Tick(context.Time.GetUtcNow());
        }
        catch (OperationCanceledException)
        {
            // The build is over.
        }
    }
}
