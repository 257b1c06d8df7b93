using System.CommandLine;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Reporting;
using Manifold.Reporting.Pages;

namespace Manifold.Cli;

/// <summary><c>manifold report</c>: what is known of a build, as a page, as Markdown, as JSON or as text.</summary>
internal static class ReportCommand
{
    private const string StandardOutput = "-";

    public static Command Create(CliContext context)
    {
        var build = new Argument<string?>("BUILD") { Description = RecordedBuilds.Help, Arity = ArgumentArity.ZeroOrOne };
        var format = new Option<string>("--format")
        {
            Description = "The format: html (a single file), markdown, json or text.",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => "html",
        };
        format.AcceptOneOf("html", "markdown", "json", "text");
        var file = new Option<string?>("--output", "-o")
        {
            Description = "Write to FILE, or to standard output with -. Default: report-BUILD.html for HTML, or standard output.",
            HelpName = "FILE",
        };
        var command = new Command("report", "Show the report of a build. The report contains platforms, steps, times, sizes, checks and "
            + "base images.") { build, format, file };
        command.SetAction(async (parsed, cancellation) =>
        {
            OutputFolder.Require(parsed.GetValue(file) is StandardOutput ? null : parsed.GetValue(file));
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(cancellation: cancellation);
            var record = await CompletedAsync(store, new RecordedBuilds(store).Find(parsed.GetValue(build)), cancellation);
            var target = parsed.GetValue(file) ?? (parsed.GetValue(format) == "html" ? $"report-{record.Id}.html" : StandardOutput);
            var text = Render(record, parsed.GetValue(format)!, target == StandardOutput ? context.OutWidth : null);
            if (target == StandardOutput)
            {
                await context.Out.WriteAsync(text);
                return;
            }
            await File.WriteAllTextAsync(target, text, cancellation);
            await context.Out.WriteLineAsync(Path.GetFullPath(target));
        });
        return command;
    }

    /// <summary>The record with what only a report asks for; kept, so that the next report has it at once.</summary>
    public static async Task<BuildRecord> CompletedAsync(Store store, BuildRecord record, CancellationToken cancellation)
    {
        var complete = await new RecordCompletion(store).CompleteAsync(record, cancellation);
        // A record's file may come from elsewhere, or may have been changed: only the store's own is written back.
        if (complete != record && store.Builds.TryRead(record.Id) is { } kept && kept.AsSpan().SequenceEqual(RecordJson.Write(record)))
            store.Builds.Save(record.Id, RecordJson.Write(complete));
        return complete;
    }

    private static string Render(BuildRecord record, string format, int? width) => format switch
    {
        "json" => RecordJson.WriteReadable(record),
        "markdown" => MarkdownReport.Render(record),
        "text" => TextReport.Render(record, width),
        _ => HtmlReport.Render(record),
    };
}
