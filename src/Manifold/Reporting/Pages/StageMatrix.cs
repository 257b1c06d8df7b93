using Manifold.Oci;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>Which stage took how long for which platform, and how it was done.</summary>
/// <remarks>A stage that several platforms share was done once: each row shows it, and says with whom.</remarks>
internal static class StageMatrix
{
    public static Html Render(BuildRecord record, RecordedComponent image)
    {
        var steps = record.Steps.Where(step => step.Component == image.Name).ToList();
        var stages = steps.Select(step => step.Stage).Distinct().ToList();
        if (stages.Count == 0)
            return Html.Empty;
        var longest = stages.SelectMany(stage => image.Platforms.Select(platform => Cell.Of(steps, stage, platform.Platform))).Max(cell => cell.Seconds);
        return Pieces.Section("Stages", "", Html.Of($"""
            {Ways.Legend(steps.SelectMany(step => step.For.Select(target => Ways.Of(step, target))))}
            {Pieces.Table(["platform", .. stages.Select(stage => stage.Length > 0 ? stage : "the only stage")],
                image.Platforms.Select(platform => Row(steps, stages, platform.Platform, longest)), "matrix")}
            """));
    }

    private static Html Row(List<RecordedStep> steps, List<string> stages, Platform platform, double longest) => Html.Of($"""
        <tr><th scope="row">{platform.ToString()}</th>{stages.Select(stage => Of(Cell.Of(steps, stage, platform), longest))}</tr>

        """);

    private static Html Of(Cell cell, double longest) => cell.Steps == 0 ? Html.Of($"<td></td>") : Html.Of($"""
        <td><div class="cell {cell.Kind}" title="{cell.Title}"><b>{cell.Headline}</b><small>{cell.Note}</small><i style="width:{(longest > 0 && !cell.IsCached ? 100 * cell.Seconds / longest : 0)}%"></i></div></td>
        """);

    /// <summary>One stage for one platform.</summary>
    private sealed record Cell(string Kind, int Steps, double Seconds, bool IsCached, string Headline, string Note, string Title)
    {
        public static Cell Of(List<RecordedStep> all, string stage, Platform target)
        {
            var steps = all.Where(step => step.Stage == stage && step.For.Contains(target)).ToList();
            if (steps.Count == 0)
                return new Cell("", 0, 0, false, "", "", "");
            var cached = steps.Count(step => step.State == StepState.Cached);
            var seconds = steps.Where(step => step.State != StepState.Cached).Sum(step => step.Elapsed);
            var ways = steps.Select(step => Ways.Of(step, target)).ToList();
            var way = ways.Contains(BuildWay.Emulated) ? BuildWay.Emulated : ways.Contains(BuildWay.Cross) ? BuildWay.Cross : ways.Contains(BuildWay.Native) ? BuildWay.Native : BuildWay.Copy;
            var others = steps.SelectMany(step => step.For).Distinct().Count() - 1;
            var saved = steps.Where(step => step.State == StepState.Cached).Sum(step => step.Seconds);
            var kind = steps.Any(step => step.State == StepState.Failed) ? "failed" : cached == steps.Count ? $"{Pieces.ClassOf(way)} cached" : Pieces.ClassOf(way);
            var headline = kind == "failed" ? "failed" : cached == steps.Count ? "cached" : Units.Duration(TimeSpan.FromSeconds(seconds));
            string[] notes =
            [
                cached > 0 && cached < steps.Count ? $"{cached} of {steps.Count} cached" : Units.Count(steps.Count, "step"),
                cached == steps.Count && saved >= 1 ? $"{Units.Duration(TimeSpan.FromSeconds(saved))} saved" : "",
                others > 0 && steps.All(step => step.For.Length > 1) ? "shared" : "",
            ];
            return new Cell(kind, steps.Count, seconds, cached == steps.Count, headline, string.Join(" · ", notes.Where(note => note.Length > 0)),
                string.Join('\n', steps.Select(step => $"{step.Name}: {(step.State == StepState.Cached ? "cached" : Units.Duration(TimeSpan.FromSeconds(step.Elapsed)))}")));
        }
    }
}
