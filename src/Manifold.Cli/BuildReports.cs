using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Reporting.Pages;

namespace Manifold.Cli;

/// <summary>Where a build's report goes when it ends: the folder of <c>--report</c>, and the summary page of a CI that has one.</summary>
internal sealed class BuildReports(CliContext context, string? folder)
{
    private const string StepSummary = "GITHUB_STEP_SUMMARY";

    /// <summary>
    /// Writes the reports that were requested. A file that cannot be written causes a warning and does not fail the build.
    /// </summary>
    public async Task WriteAsync(Store store, BuildRecord record, CancellationToken cancellation)
    {
        if (folder is null && context.Variable(StepSummary) is null)
            return;
        try
        {
            record = await ReportCommand.CompletedAsync(store, record, cancellation);
            var markdown = MarkdownReport.Render(record);
            if (context.Variable(StepSummary) is { } summary)
                await File.AppendAllTextAsync(summary, markdown + "\n", cancellation);
            if (folder is not null)
                await WriteFolderAsync(Directory.CreateDirectory(folder).FullName, record, markdown, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Warn($"the report was not written: {e.Message} To write it now, run: manifold report {record.Id} -o FILE");
        }
    }

    private static async Task WriteFolderAsync(string folder, BuildRecord record, string markdown, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "record.json"), RecordJson.WriteReadable(record), cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), markdown, cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.html"), HtmlReport.Render(record), cancellation);
    }
}
