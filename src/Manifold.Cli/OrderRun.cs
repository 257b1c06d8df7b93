using System.Runtime.ExceptionServices;
using Manifold.Building;
using Manifold.Content;
using Manifold.Events;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>Runs an order through the builder, shows its events, and tells how it ended: for <c>build</c> and <c>bake</c>.</summary>
internal sealed class OrderRun(CliContext context, Store store, RegistryClient registry, string progressMode, string? report)
{
    /// <summary>The request of a single image, whose Dockerfile's lines are shown where a step failed.</summary>
    public BuildRequest? Request { get; init; }

    /// <summary>The files that were asked for, each with its flag and what writes it. Written after success.</summary>
    public Func<FinishedBuild, IEnumerable<(string Flag, Func<Task> Write)>> Files { get; init; } = _ => [];

    /// <summary>Prints what was built and published; called after success, and after a failure if images have a result.</summary>
    public required Func<CliContext, FinishedBuild, Task> Tell { get; init; }

    /// <summary>Counts what was built, for the last line.</summary>
    public required Func<FinishedBuild, string> Count { get; init; }

    /// <summary>Called at the end of a success.</summary>
    public Func<Task> Finish { get; init; } = () => Task.CompletedTask;

    public async Task<int> RunAsync(BuildOrder order, CancellationToken cancellation)
    {
        var tools = context.ToolsOn(store, registry);
        // Before the progress is shown: ssh may ask for a password.
        await using var hosts = await NodeConnections.OpenAsync(context, tools, order, cancellation);
        await using var progress = BuildProgress.Create(context, progressMode);
        var told = progress.Context;
        var outcome = await NodeConnections.BuilderOf(tools, hosts).RunAsync(order, progress.Show, cancellation);
        if (outcome.Failure is null)
            outcome = await WithFilesAsync(outcome);
        await progress.DisposeAsync();
        if (outcome.Result is not null)
            await Tell(told, outcome);
        await new BuildReports(told, report).WriteAsync(store, outcome.Record, CancellationToken.None);
        if (outcome.Failure is { } failure)
        {
            if (progress.IsForPeople && outcome.Plan is not null && RunEnd.Of(failure, outcome.Record, Request) is { } ending)
                throw ending;
            ExceptionDispatchInfo.Throw(failure);
        }
        await Finish();
        if (progress.IsForPeople)
            RunEnd.Write(told, RunEnd.Succeeded(outcome.Record, Count(outcome)));
        return 0;
    }

    private async Task<FinishedBuild> WithFilesAsync(FinishedBuild outcome)
    {
        var problems = new List<FileNotWrittenException>();
        foreach (var (flag, write) in Files(outcome))
        {
            try
            {
                await write();
            }
            catch (Exception e) when (e is ManifoldException or IOException or UnauthorizedAccessException)
            {
                problems.Add(new FileNotWrittenException(flag, outcome.Result!, DiskTrouble.Explain(e, store.Root) ?? e));
            }
        }
        return outcome with { Failure = SeveralProblemsException.Of(problems) };
    }

    /// <summary>Shows only the warnings among a plan's events.</summary>
    public static void Warn(CliContext context, BuildEvent e)
    {
        if (e is Warned warned)
            context.Warn(warned.Message);
    }
}

/// <summary>Thrown if a file that was asked for cannot be written after the images were built.</summary>
internal sealed class FileNotWrittenException(string flag, ProjectResult result, Exception why)
    : ManifoldException($"{Done(result)}, but {flag} could not be written: {why.Message}", why)
{
    public override int ExitCode => (InnerException as ManifoldException)?.ExitCode ?? 1;

    private static string Done(ProjectResult result)
    {
        var pushed = result.Components.Count(component => component.Publication is not null);
        return (result.Components.Length, pushed) switch
        {
            (1, 0) => "The image was built",
            (1, _) => "The image was built and pushed",
            (_, 0) => "The images were built",
            (var all, _) when pushed == all => "The images were built and pushed",
            (var all, _) => $"The images were built, and {pushed} of {all} were pushed",
        };
    }
}
