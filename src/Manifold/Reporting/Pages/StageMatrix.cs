using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A table of stages and platforms: how long each stage took for each platform, and how it was built.</summary>
/// <remarks>A stage that several platforms share ran once. Each row shows it as shared.</remarks>
internal static class StageMatrix
{
    public static Html Render(BuildRecord record, RecordedComponent image)
    {
        var steps = record.Steps.Where(step => step.Component == image.Name).ToList();
        var stages = InOrder(steps);
        if (stages.Count == 0 || image.Platforms.IsEmpty)
            return Html.Empty;
        var cells = stages.SelectMany(stage => image.Platforms.Select(platform => Cell.Of(steps, stage, platform.Platform))).Where(cell =>
            cell.Steps > 0).ToList();
        var longest = cells.Select(cell => cell.Seconds).DefaultIfEmpty().Max();
        return Pieces.Section("Stages", "", Html.Of($"""
            {Ways.Legend(cells.Select(cell => cell.Way), cells.Any(cell => cell.IsCached))}
            {Pieces.Table(["platform", .. stages.Select(stage => stage.Length > 0 ? stage : "the only stage")],
                image.Platforms.Select(platform => Row(steps, stages, platform.Platform, longest)), "matrix")}
            """));
    }

    /// <summary>Each stage after the stages that it copies from or builds on.</summary>
    private static List<string> InOrder(List<RecordedStep> steps)
    {
        var stageOf = steps.ToDictionary(step => step.Number, step => step.Stage);
        var needs = steps.SelectMany(step => step.Needs.Where(stageOf.ContainsKey).Select(need => (step.Stage, Needed: stageOf[need])))
            .Where(pair => pair.Stage != pair.Needed).ToLookup(pair => pair.Stage, pair => pair.Needed);
        var ordered = new List<string>();
        foreach (var stage in steps.Select(step => step.Stage).Distinct())
            Add(stage, []);
        return ordered;

        void Add(string stage, ImmutableHashSet<string> above)
        {
            if (ordered.Contains(stage) || above.Contains(stage))
                return;
            foreach (var needed in needs[stage].Distinct())
                Add(needed, above.Add(stage));
            ordered.Add(stage);
        }
    }

    private static Html Row(List<RecordedStep> steps, List<string> stages, Platform platform, double longest) => Html.Of($"""
        <tr><th scope="row">{platform.ToString()}</th>{stages.Select(stage => Of(Cell.Of(steps, stage, platform), longest))}</tr>

        """);

    private static Html Of(Cell cell, double longest) => cell.Steps == 0 ? Html.Of($"<td></td>") : Html.Of($"""
        <td><div class="cell {cell.Kind}" title="{cell.Title}"><b>{cell.Headline}</b><small>{cell.Note}</small><i style="width:{(longest > 0 && !cell.IsCached ? 100 * cell.Seconds / longest : 0)}%"></i></div></td>
        """);

    /// <summary>One stage for one platform.</summary>
    private sealed record Cell(BuildWay Way, string Kind, int Steps, double Seconds, bool IsCached, string Headline, string Note,
        string Title)
    {
        public static Cell Of(List<RecordedStep> all, string stage, Platform target)
        {
            var steps = all.Where(step => step.Stage == stage && step.For.Contains(target)).ToList();
            if (steps.Count == 0)
                return new Cell(BuildWay.Copy, "", 0, 0, false, "", "", "");
            var cached = steps.Count(step => step.State == StepState.Cached);
            var seconds = steps.Where(step => step.State != StepState.Cached).Sum(step => step.Elapsed);
            var ways = steps.Select(step => Ways.Of(step, target)).ToList();
            var way = ways.Contains(BuildWay.Emulated) ? BuildWay.Emulated
                : ways.Contains(BuildWay.Cross) ? BuildWay.Cross
                : ways.Contains(BuildWay.Native) ? BuildWay.Native
                : BuildWay.Copy;
            var others = steps.SelectMany(step => step.For).Distinct().Count() - 1;
            var saved = steps.Where(step => step.State == StepState.Cached).Sum(step => step.Seconds);
            var kind = steps.Any(step => step.State == StepState.Failed) ? "failed"
                : cached == steps.Count ? $"{Pieces.ClassOf(way)} cached"
                : Pieces.ClassOf(way);
            var headline = kind == "failed" ? "failed" : cached == steps.Count ? "cached" : Amounts.Duration(TimeSpan.FromSeconds(seconds));
            string[] notes =
            [
                cached > 0 && cached < steps.Count ? $"{cached} of {steps.Count} cached" : Amounts.Count(steps.Count, "step"),
                cached == steps.Count && saved >= 1 ? $"{Amounts.Duration(TimeSpan.FromSeconds(saved))} saved" : "",
                others > 0 && steps.All(step => step.For.Length > 1) ? "shared" : "",
            ];
            return new Cell(way, kind, steps.Count, seconds, cached == steps.Count, headline, string.Join(" · ", notes.Where(note =>
                note.Length > 0)),
                string.Join('\n', steps.Select(step =>
                    $"{step.Name}: {(step.State == StepState.Cached ? "cached" : Amounts.Duration(TimeSpan.FromSeconds(step.Elapsed)))}")));
        }
    }
}
