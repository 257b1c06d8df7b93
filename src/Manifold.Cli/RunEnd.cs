using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Planning;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>A build or a bake failed, and people read about it on the terminal or in a log where its steps were shown before.</summary>
/// <param name="before">Marked lines above the message.</param>
/// <param name="after">Marked lines below it.</param>
internal sealed class RunFailedException(ManifoldException cause, string message, IReadOnlyList<string> before, IReadOnlyList<string> after)
    : ManifoldException(message, cause)
{
    public override int ExitCode => cause.ExitCode;

    public IReadOnlyList<string> Before => before;

    public IReadOnlyList<string> After => after;
}

/// <summary>A build or a bake was interrupted, and people read about it on the terminal or in a log.</summary>
/// <param name="after">The marked line below the message.</param>
internal sealed class RunInterruptedException(Exception cause, string after) : OperationCanceledException("interrupted", cause)
{
    public string After => after;
}

/// <summary>The last lines of a build on standard error: what failed and where, the time, and where to read more.</summary>
internal static class RunEnd
{
    /// <summary>
    /// The exception with the lines that people read at the end.
    /// Null for any other exception, such as an I/O error or a bug.
    /// </summary>
    /// <param name="request">The build of a single image, whose Dockerfile's lines are shown.</param>
    public static Exception? Of(Exception e, BuildRecord record, BuildRequest? request = null) => e switch
    {
        ProjectFailedException failure => Failed(failure, record),
        // What the step printed is on the screen already.
        StepFailedException step when request is not null =>
            new RunFailedException(step, step.Sentence, Apart(DockerfileExcerpt.Of(request, step.Step.Place)), [Last(record)]),
        ManifoldException known => new RunFailedException(known, known.Message, [], [Last(record)]),
        _ when Failure.Innermost(e) is OperationCanceledException => new RunInterruptedException(e, Last(record)),
        _ => null,
    };

    /// <summary>The failures of a project's images, and what became of the others.</summary>
    private static RunFailedException Failed(ProjectFailedException failure, BuildRecord record)
    {
        var (before, sentences) = (new List<string>(), new List<string>());
        foreach (var component in failure.Result.Components.Where(component => component.Failure is not null))
        {
            var step = component.Failure as StepFailedException;
            if (step is not null && RequestOf(component, step.Step) is { } request
                && DockerfileExcerpt.Of(request, step.Step.Place) is [var place, .. var lines])
                before.AddRange(["", $"[bold]{PaintedLine.Foreign(component.Name)}:[/] {place}", .. lines]);
            sentences.Add($"{component.Name}: {step?.Sentence ?? component.Failure!.Message}");
        }
        var message = $"{string.Join('\n', sentences)}\n{failure.Outlook}";
        // The message shortens long lists of names.
        string[] counts = record.Components.Length > ProjectFailedException.MostNames ? [ImageStates.CountsOf(record)] : [];
        return new(failure, message, before.Count > 0 ? [.. before, ""] : [], [.. counts, Last(record)]);
    }

    /// <summary>The last line of a build that succeeded.</summary>
    public static string Succeeded(BuildRecord record, string what) =>
        $"[green]✓[/] Built {what} in {Amounts.Duration(record.Duration)}. Details: manifold report {record.Id}";

    /// <summary>Writes a marked line, with colors if the terminal has some.</summary>
    /// <param name="cut">Whether to cut it to the terminal's width. A line with a command to paste must stay whole.</param>
    public static void Write(CliContext context, string line, bool cut = false)
    {
        var width = cut && context.ErrorSize() is { Width: > 1 } size && context.Interactive ? size.Width : int.MaxValue;
        var text = PaintedLine.Render(line, width, context.Paints, context.IsAscii && context.Interactive);
        // Texts from outside are escaped in it, but commands of a CI are not.
        (context.Paints ? ForeignTextWriter.Own(context.Error) : context.Error).WriteLine(text);
    }

    private static string[] Apart(string[] excerpt) => excerpt.Length > 0 ? ["", .. excerpt, ""] : [];

    private static string Last(BuildRecord record) =>
        $"[red]✗ {(record.Outcome == BuildOutcome.Interrupted ? "Stopped" : "Failed")}[/] after {Amounts.Duration(record.Duration)}. "
            + $"Details: manifold report {record.Id}";

    /// <summary>A message for a terminal, broken between words where a line is too long.</summary>
    public static string Wrapped(CliContext context, string message)
    {
        if (!context.Interactive || context.ErrorSize() is not { Width: > 20 } size)
            return message;
        return string.Join('\n', message.Split('\n').SelectMany(line => Wrapping.Lines(line, size.Width)));
    }

    private static BuildRequest? RequestOf(ComponentResult component, Step step)
    {
        var builds = component.Planned.Platforms.Where(platform => platform.Node.Build is not null).ToImmutableArray();
        var own = builds.FirstOrDefault(platform => platform.Plan?.Steps.Any(each => each.Digest == step.Digest) is true)
            ?? builds.FirstOrDefault(platform => platform.Platform == step.Platform) ?? builds.FirstOrDefault();
        return own?.Node.Build?.Request;
    }
}
