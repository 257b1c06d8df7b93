using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>
/// A chart of the steps and hooks over time: a row for each, or for each image if there are many.
/// Highlights the critical path.
/// </summary>
/// <remarks>Labels are HTML and bars are SVG in percent of the time, so the text keeps its size on every screen.</remarks>
internal static class Timeline
{
    private const int RowHeight = 24, BarHeight = 12, AxisHeight = 22, MostRows = 44;

    /// <summary>A line of the chart.</summary>
    private sealed record Row(string Owner, string Label, string Title, IReadOnlyList<Bar> Bars);

    private sealed record Bar(double Begin, double End, string Kind, string Title, bool Critical);

    public static Html Render(BuildRecord record)
    {
        var total = Math.Max(record.Duration.TotalSeconds, 0.001);
        var path = CriticalPath.Of(record);
        var critical = path.Select(step => step.Number).ToHashSet();
        var worked = CriticalPath.WithHooks(record).Where(step => step is { Begin: not null, State: not StepState.Cached }).OrderBy(step =>
            step.Begin).ToList();
        var byImage = record.Components.Length > 1 && worked.Count > MostRows;
        var chosen = byImage ? worked : Chosen(worked, critical);
        var rows = byImage
            ? record.Components.Select(image => ImageRow(image, worked, critical)).Where(row => row.Bars.Count > 0).ToList()
            : chosen.Select(step => StepRow(step, record.Components.Length > 1, critical.Contains(step.Number))).ToList();
        rows = [.. Phases(record, before: true), .. rows, .. Phases(record, before: false)];
        if (rows.Count == 0)
            return Html.Empty;
        return Pieces.Section("Timeline", Note(record, path, worked.Count - chosen.Count), Html.Of($"""
            {Legend(worked)}
            <div class="scroll"><div class="timeline"><div class="labels">{rows.Select(row => Html.Of($"<div title=\"{row.Title}\"><span class=\"muted\">{row.Owner}</span> {row.Label}</div>"))}</div>
            <svg class="chart" height="{AxisHeight + (rows.Count * RowHeight)}" role="img" aria-label="timeline">{Axis(total, rows.Count)}{rows.SelectMany((row, i) => Drawn(row, i, total))}{(byImage ? Html.Empty : Html.Join(Joints(path, chosen, rows, total)))}</svg></div></div>

            """));
    }

    /// <summary>The critical path, and the longest of the other steps.</summary>
    private static List<RecordedStep> Chosen(List<RecordedStep> worked, HashSet<int> critical) =>
    [
        .. worked.OrderByDescending(step => critical.Contains(step.Number)).ThenByDescending(step => step.Elapsed).Take(MostRows)
            .OrderBy(step => step.Begin).ThenBy(step => step.End),
    ];

    private static string Note(BuildRecord record, IReadOnlyCollection<RecordedStep> path, int hidden)
    {
        var onPath = Amounts.Duration(TimeSpan.FromSeconds(path.Sum(step => step.Elapsed)));
        var text = path.MaxBy(step => step.Elapsed) is not { } longest ? "No step had to run."
            : $"The critical path takes {onPath} of {Amounts.Duration(record.Duration)}. Its longest part is {NameOf(longest)}: "
            + $"{Time(longest)}.";
        return hidden > 0 ? $"{text} {Amounts.Count(hidden, "shorter step")} {(hidden == 1 ? "is" : "are")} not shown." : text;
    }

    /// <summary>E.g. <c>RUN make (api, linux/arm64)</c>, or <c>the hook 'make bin' (api)</c>.</summary>
    private static string NameOf(RecordedStep step)
    {
        string[] where = [step.Component, step.Kind == CriticalPath.HookKind ? "" : step.Platform.ToString()];
        var name = step.Kind == CriticalPath.HookKind ? $"the hook '{step.Name}'" : ComponentRecording.WithoutNumber(step.Name);
        return $"{name} ({string.Join(", ", where.Where(word => word.Length > 0))})";
    }

    private static string Time(RecordedStep step) => Amounts.Duration(TimeSpan.FromSeconds(step.Elapsed));

    private static Html Legend(List<RecordedStep> worked) => worked.Count == 0 ? Html.Empty : Html.Of($"""
        <p class="legend">{worked.Select(Kind).Distinct().Order(StringComparer.Ordinal).Select(kind => Html.Of($"<span><i class=\"dot {kind}\"></i>{NameOf(kind)}</span>"))}<span><i class="dot critical"></i>critical path</span></p>
        """);

    private static string NameOf(string kind) => kind switch
    {
        "copy" => "files only",
        "cross" => "cross-compiled",
        "cancelled" =>
            "stopped",
        _ => kind,
    };

    private static Row StepRow(RecordedStep step, bool named, bool critical) => new(
        $"{(named ? step.Component : "")} {Short(step)}".Trim(), ComponentRecording.WithoutNumber(step.Name), NameOf(step), [BarOf(step,
            critical)]);

    private static Row ImageRow(RecordedComponent image, List<RecordedStep> worked, HashSet<int> critical) => new(
        "", image.ShortName, image.Title,
        [.. worked.Where(step => step.Component == image.Name).OrderBy(step => critical.Contains(step.Number))
            .Select(step => BarOf(step, critical.Contains(step.Number)))]);

    private static Bar BarOf(RecordedStep step, bool critical) =>
        new(step.Begin!.Value, step.End ?? step.Begin.Value, Kind(step), $"{NameOf(step)}: {Time(step)}", critical);

    /// <summary>The platform that the step is for; if there are several, the one that it runs on.</summary>
    private static string Short(RecordedStep step) => step.Kind == CriticalPath.HookKind ? CriticalPath.HookKind
        : (step.For is [var only] ? only : step.Platform).ToString().Replace("linux/", "", StringComparison.Ordinal);

    private static string Kind(RecordedStep step) => step switch
    {
        { State: StepState.Failed } => "failed",
        { State: StepState.Cancelled } => "cancelled",
        { Kind: CriticalPath.HookKind } => CriticalPath.HookKind,
        _ => Pieces.ClassOf(Ways.Of(step, step.For is [var only] ? only : step.Platform)),
    };

    /// <summary>The parts of a build that are not steps: planning before them, verification and publication after them.</summary>
    private static IEnumerable<Row> Phases(BuildRecord record, bool before) =>
        from phase in record.Phases
        where !phase.IsHook && phase.Name is not ("verify" or "publish") == before && phase.Elapsed >= 0.01 * record.Duration.TotalSeconds
        group phase by phase.Name into same
        select new Row("", same.Key, same.Key, [.. same.Select(phase => new Bar(phase.Begin, phase.End, "phase",
            $"{phase.Component} {phase.Name}: {Amounts.Duration(TimeSpan.FromSeconds(phase.Elapsed))}".Trim(), false))]);

    private static IEnumerable<Html> Drawn(Row row, int index, double total)
    {
        var y = AxisHeight + (index * RowHeight) + ((RowHeight - BarHeight) / 2);
        foreach (var bar in row.Bars)
            yield return Html.Of($"<rect class=\"bar {bar.Kind}{(bar.Critical ? " critical" : "")}"
                + $"\" x=\"{100 * bar.Begin / total}%\" y=\"{y}\" width=\"{Math.Max(0.15, 100 * (bar.End - bar.Begin) / total)}"
                + $"%\" height=\"{BarHeight}\" rx=\"2\"><title>{bar.Title}</title></rect>");
    }

    /// <summary>Lines from each step of the critical path to the next one.</summary>
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
            yield return Html.Of(
                $"<line class=\"grid\" x1=\"{x}%\" x2=\"{x}%\" y1=\"{AxisHeight - 6}\" y2=\"{AxisHeight + (rows * RowHeight)}\"/>");
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
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time / 60}:{(int)time % 60:00} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time:0.##} s");
}
