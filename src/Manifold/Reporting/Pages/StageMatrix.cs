using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A table of stages and platforms: how long each stage took for each platform, and how it was built.</summary>
/// <remarks>A stage that several platforms share ran once. Each row shows it as shared.</remarks>
internal sealed record StageMatrix(Html Legend, IReadOnlyList<string> Stages, IReadOnlyList<StageRow> Platforms) : Piece
{
    public static Html Render(BuildRecord record, RecordedComponent image)
    {
        var steps = record.Steps.Where(step => step.Component == image.Name).ToList();
        var stages = InOrder(steps);
        if (stages.Count == 0 || image.Platforms.IsEmpty)
            return default;
        var work = image.Platforms.Select(platform => (platform.Platform,
            Stages: stages.Select(stage => StageWork.Of(steps, stage, platform.Platform)).ToList())).ToList();
        var all = work.SelectMany(platform => platform.Stages).OfType<StageWork>().ToList();
        var longest = all.Select(each => each.Seconds).DefaultIfEmpty().Max();
        return Html.Of(new StageMatrix(
            WayLegend.Render(all.Select(each => each.Way), all.Any(each => each.IsCached)),
            [.. stages.Select(stage => stage.Length > 0 ? stage : "the only stage")],
            [.. work.Select(platform => new StageRow(
                platform.Platform.ToString(), [.. platform.Stages.Select(stage => new StageCell(stage?.Of(longest)))]))]));
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

    /// <summary>One stage for one platform.</summary>
    private sealed class StageWork(List<RecordedStep> steps, Platform target)
    {
        private readonly int cached = steps.Count(step => step.State == StepState.Cached);

        public double Seconds { get; } = steps.Where(step => step.State != StepState.Cached).Sum(step => step.Elapsed);

        public bool IsCached => cached == steps.Count;

        public BuildWay Way
        {
            get
            {
                var ways = steps.Select(step => Ways.Of(step, target)).ToList();
                BuildWay[] telling = [BuildWay.Emulated, BuildWay.Cross, BuildWay.Native];
                return telling.Append(BuildWay.Copy).First(way => way == BuildWay.Copy || ways.Contains(way));
            }
        }

        /// <summary>Returns null if the platform does not need the stage.</summary>
        public static StageWork? Of(List<RecordedStep> all, string stage, Platform target) =>
            all.Where(step => step.Stage == stage && step.For.Contains(target)).ToList() is { Count: > 0 } steps
                ? new StageWork(steps, target) : null;

        public StageSummary Of(double longest)
        {
            var hasFailed = steps.Any(step => step.State == StepState.Failed);
            return new StageSummary
            {
                Class = hasFailed ? "failed" : IsCached ? $"{Pieces.ClassOf(Way)} cached" : Pieces.ClassOf(Way),
                Title = string.Join('\n', steps.Select(step =>
                    $"{step.Name}: {(step.State == StepState.Cached ? "cached" : Pieces.Seconds(step.Elapsed))}")),
                Headline = hasFailed ? "failed" : IsCached ? "cached" : Pieces.Seconds(Seconds),
                Note = string.Join(" · ", Notes().Where(note => note.Length > 0)),
                Width = longest > 0 && !IsCached ? 100 * Seconds / longest : 0,
            };
        }

        private string[] Notes()
        {
            var others = steps.SelectMany(step => step.For).Distinct().Count() - 1;
            var saved = steps.Where(step => step.State == StepState.Cached).Sum(step => step.Seconds);
            return
            [
                cached > 0 && !IsCached ? $"{cached} of {steps.Count} cached" : Amounts.Count(steps.Count, "step"),
                IsCached && saved >= 1 ? $"{Pieces.Seconds(saved)} saved" : "",
                others > 0 && steps.All(step => step.For.Length > 1) ? "shared" : "",
            ];
        }
    }
}

internal sealed record StageRow(string Platform, IReadOnlyList<StageCell> Cells);

/// <param name="Work">Null if the platform does not need the stage.</param>
internal sealed record StageCell(StageSummary? Work);

internal sealed record StageSummary
{
    public required string Class { get; init; }
    public required string Title { get; init; }
    public required string Headline { get; init; }
    public required string Note { get; init; }

    /// <summary>The time in percent of that of the longest stage.</summary>
    public required double Width { get; init; }
}
