using System.Globalization;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>What ran when. A row for each step, or for each image where there are many; the critical path stands out.</summary>
/// <remarks>Labels are HTML, bars are SVG in per cent of the time: so the text keeps its size on every screen.</remarks>
internal static class Timeline
{
    private const int RowHeight = 24, BarHeight = 12, AxisHeight = 22, MostRows = 44;

    /// <summary>A line of the chart.</summary>
    private sealed record Row(string Owner, string Label, string Title, IReadOnlyList<Bar> Bars);

    private sealed record Bar(double Begin, double End, string Kind, string Title, bool Critical);

    public static Html Render(BuildRecord record)
    {
        var total = Math.Max(record.Duration.TotalSeconds, 0.001);
        var path = CriticalPath.Of(record.Steps);
        var critical = path.Select(step => step.Number).ToHashSet();
        var worked = record.Steps.Where(step => step is { Begin: not null, State: not StepState.Cached }).OrderBy(step => step.Begin).ToList();
        var byImage = record.Components.Length > 1 && worked.Count > MostRows;
        var chosen = byImage ? worked : [.. worked.OrderByDescending(step => critical.Contains(step.Number)).ThenByDescending(step => step.Elapsed).Take(MostRows).OrderBy(step => step.Begin).ThenBy(step => step.End)];
        var rows = byImage
            ? record.Components.Select(image => ImageRow(image, worked, critical)).Where(row => row.Bars.Count > 0).ToList()
            : chosen.Select(step => StepRow(step, record.Components.Length > 1, critical.Contains(step.Number))).ToList();
        rows = [.. Phases(record, before: true), .. rows, .. Phases(record, before: false)];
        if (rows.Count == 0)
            return Html.Empty;
        return Pieces.Section("Time line", Note(record, path, worked.Count - chosen.Count), Html.Of($"""
            {Legend(worked)}
            <div class="timeline" style="--rows:{rows.Count}"><div class="labels">{rows.Select(row => Html.Of($"<div title=\"{row.Title}\"><span class=\"muted\">{row.Owner}</span> {row.Label}</div>"))}</div>
            <svg class="chart" height="{AxisHeight + (rows.Count * RowHeight)}" role="img" aria-label="time line">{Axis(total, rows.Count)}{rows.SelectMany((row, i) => Drawn(row, i, total))}{(byImage ? Html.Empty : Html.Join(Joints(path, chosen, rows, total)))}</svg></div>

            """));
    }

    private static string Note(BuildRecord record, IReadOnlyCollection<RecordedStep> path, int hidden)
    {
        var onPath = path.Sum(step => step.Elapsed);
        var longest = path.MaxBy(step => step.Elapsed);
        var told = longest is null ? "Nothing had to be done." : $"The critical path takes {Units.Duration(TimeSpan.FromSeconds(onPath))} of {Units.Duration(record.Duration)}; the longest step on it is {longest.Name} ({longest.Platform}), {Units.Duration(TimeSpan.FromSeconds(longest.Elapsed))}.";
        return hidden > 0 ? $"{told} {Units.Count(hidden, "shorter step")} {(hidden == 1 ? "is" : "are")} not drawn." : told;
    }

    private static Html Legend(List<RecordedStep> worked) => worked.Count == 0 ? Html.Empty : Html.Of($"""
        <p class="legend">{worked.Select(Kind).Distinct().Order(StringComparer.Ordinal).Select(kind => Html.Of($"<span><i class=\"dot {kind}\"></i>{(kind == "copy" ? "files only" : kind)}</span>"))}<span><i class="dot critical"></i>critical path</span></p>
        """);

    private static Row StepRow(RecordedStep step, bool named, bool critical) => new(
        named ? $"{step.Component} {Short(step)}" : Short(step), ComponentRecording.WithoutNumber(step.Name), $"{step.Name} ({step.Platform})", [BarOf(step, critical)]);

    private static Row ImageRow(RecordedComponent image, List<RecordedStep> worked, HashSet<int> critical) => new(
        "", image.ShortName, image.Title, [.. worked.Where(step => step.Component == image.Name).OrderBy(step => critical.Contains(step.Number)).Select(step => BarOf(step, critical.Contains(step.Number)))]);

    private static Bar BarOf(RecordedStep step, bool critical) =>
        new(step.Begin!.Value, step.End ?? step.Begin.Value, Kind(step), $"{step.Name} ({step.Platform}): {Units.Duration(TimeSpan.FromSeconds(step.Elapsed))}", critical);

    /// <summary>Whom it is for; where that is several, what it runs on.</summary>
    private static string Short(RecordedStep step) => (step.For is [var only] ? only : step.Platform).ToString().Replace("linux/", "", StringComparison.Ordinal);

    private static string Kind(RecordedStep step) => step switch
    {
        { State: StepState.Failed } => "failed",
        { State: StepState.Cancelled } => "cancelled",
        _ => Pieces.ClassOf(Ways.Of(step, step.For is [var only] ? only : step.Platform)),
    };

    /// <summary>What is no step: planning and fetching before, checking and publishing after.</summary>
    private static IEnumerable<Row> Phases(BuildRecord record, bool before) =>
        from phase in record.Phases
        where phase.Name is not ("verify" or "publish") == before && phase.End - phase.Begin >= 0.01 * record.Duration.TotalSeconds
        group phase by phase.Name into same
        select new Row("", same.Key == "plan" ? "plan, resolve the bases" : same.Key, same.Key,
            [.. same.Select(phase => new Bar(phase.Begin, phase.End, "phase", $"{phase.Component} {phase.Name}: {Units.Duration(TimeSpan.FromSeconds(phase.End - phase.Begin))}".Trim(), false))]);

    private static IEnumerable<Html> Drawn(Row row, int index, double total)
    {
        var y = AxisHeight + (index * RowHeight) + ((RowHeight - BarHeight) / 2);
        foreach (var bar in row.Bars)
            yield return Html.Of($"<rect class=\"bar {bar.Kind}{(bar.Critical ? " critical" : "")}\" x=\"{100 * bar.Begin / total}%\" y=\"{y}\" width=\"{Math.Max(0.15, 100 * (bar.End - bar.Begin) / total)}%\" height=\"{BarHeight}\" rx=\"2\"><title>{bar.Title}</title></rect>");
    }

    /// <summary>From each step of the critical path down or up to the next one.</summary>
    private static IEnumerable<Html> Joints(IReadOnlyList<RecordedStep> path, List<RecordedStep> drawn, List<Row> rows, double total)
    {
        var first = rows.FindIndex(row => row.Bars is [{ Kind: not "phase" }]);
        for (var i = 1; i < path.Count; i++)
        {
            var (from, to) = (drawn.IndexOf(path[i - 1]) + first, drawn.IndexOf(path[i]) + first);
            if (from < first || to < first)
                continue;
            var x = 100 * path[i].Begin!.Value / total;
            yield return Html.Of($"<line class=\"joint\" x1=\"{x}%\" x2=\"{x}%\" y1=\"{Middle(from)}\" y2=\"{Middle(to)}\"/>");
        }

        static int Middle(int row) => AxisHeight + (row * RowHeight) + (RowHeight / 2);
    }

    private static IEnumerable<Html> Axis(double total, int rows)
    {
        var step = NiceStep(total);
        for (var time = 0.0; time <= total; time += step)
        {
            var x = 100 * time / total;
            yield return Html.Of($"<line class=\"grid\" x1=\"{x}%\" x2=\"{x}%\" y1=\"{AxisHeight - 6}\" y2=\"{AxisHeight + (rows * RowHeight)}\"/>");
            if (x < 96)
                yield return Html.Of($"<text class=\"tick\" x=\"{x}%\" dx=\"4\" y=\"{AxisHeight - 9}\">{Tick(time)}</text>");
        }
    }

    private static double NiceStep(double total)
    {
        double[] steps = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400];
        return steps.FirstOrDefault(step => total / step <= 6, total / 4);
    }

    private static string Tick(double time) => time >= 60
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time / 60}:{(int)time % 60:00} min") : string.Create(CultureInfo.InvariantCulture, $"{time:0.##} s");
}
