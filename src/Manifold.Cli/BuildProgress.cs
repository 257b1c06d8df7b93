using Manifold.Reporting;
using Manifold.Solving;

namespace Manifold.Cli;

/// <summary>Shows a build's events on standard error, in the form that was asked for. Disposing it ends what is live; twice is fine.</summary>
internal sealed class BuildProgress(Action<BuildEvent> show, Func<ValueTask>? end = null) : IAsyncDisposable
{
    private bool ended;

    public void Show(BuildEvent e) => show(e);

    public static BuildProgress Create(CliContext context, string mode)
    {
        switch (mode)
        {
            case "quiet": return new BuildProgress(_ => { });
            case "json": return new BuildProgress(new JsonProgress(context.Error).Show);
            case "tty" or "auto" when mode == "tty" || context.Interactive:
                var live = new LiveProgress(context.Error, context.Time);
                return new BuildProgress(live.Show, live.DisposeAsync);
            default:
                var hasColours = context.Interactive && context.Variable("NO_COLOR") is null;
                return new BuildProgress(new PlainProgress(context.Error, LogGroups.Of(context.Variable), colours: hasColours).Show);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!ended && end is not null)
            await end();
        ended = true;
    }
}
