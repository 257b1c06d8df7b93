using System.Globalization;
using System.Text.Json.Serialization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>
/// A chart of the steps and hooks over time: a row for each, or for each image if there are many.
/// Highlights the critical path.
/// </summary>
/// <remarks>Labels are HTML and bars are SVG in percent of the time, so the text keeps its size on every screen.</remarks>
internal sealed record Timeline : Piece
{
    private const int RowHeight = 24, AxisHeight = 22, MostRows = 44, HeightOfBars = 12;

    public required string Note { get; init; }

    /// <summary>Null if no step had to run.</summary>
    public required TimelineLegend? Legend { get; init; }

    public required IReadOnlyList<TimelineRow> Rows { get; init; }
    public required IReadOnlyList<TimelineTick> Ticks { get; init; }
    public required IReadOnlyList<TimelineBar> Bars { get; init; }

    /// <summary>Lines from each step of the critical path to the next one.</summary>
    public required IReadOnlyList<TimelineJoint> Joints { get; init; }

    public int Height => AxisHeight + (Rows.Count * RowHeight);
    public int BarHeight { get; } = HeightOfBars;
    public int GridTop { get; } = AxisHeight - 6;
    public int TickTop { get; } = AxisHeight - 9;

    public static Html Render(BuildRecord record)
    {
        var total = Math.Max(record.Duration.TotalSeconds, 0.001);
        var path = CriticalPath.Of(record);
        var critical = path.Select(step => step.Number).ToHashSet();
        var worked = CriticalPath.WithHooks(record).Where(step => step is { Begin: not null, State: not StepState.Cached })
            .OrderBy(step => step.Begin).ToList();
        var byImage = record.Components.Length > 1 && worked.Count > MostRows;
        var chosen = byImage ? worked : Chosen(worked, critical);
        var work = byImage
            ? record.Components.Select(image => ImageRow(image, worked, critical)).Where(row => row.Work.Count > 0)
            : chosen.Select(step => StepRow(step, record.Components.Length > 1, critical.Contains(step.Number)));
        List<TimelineRow> rows = [.. Phases(record, before: true), .. work, .. Phases(record, before: false)];
        return rows.Count == 0 ? default : Html.Of(new Timeline
        {
            Note = NoteOn(record, path, worked.Count - chosen.Count),
            Legend = worked.Count == 0 ? null : new TimelineLegend(
                [.. worked.Select(Kind).Distinct().Order(StringComparer.Ordinal).Select(kind => new LegendEntry(kind, NameOf(kind)))]),
            Rows = rows,
            Ticks = [.. Axis(total)],
            Bars = [.. rows.SelectMany((row, i) => row.Work.Select(work => BarOf(work, i, total)))],
            Joints = byImage ? [] : [.. JointsOf(path, chosen, rows, total)],
        });
    }

    /// <summary>The critical path, and the longest of the other steps.</summary>
    private static List<RecordedStep> Chosen(List<RecordedStep> worked, HashSet<int> critical) =>
    [
        .. worked.OrderByDescending(step => critical.Contains(step.Number)).ThenByDescending(step => step.Elapsed).Take(MostRows)
            .OrderBy(step => step.Begin).ThenBy(step => step.End),
    ];

    private static string NoteOn(BuildRecord record, IReadOnlyCollection<RecordedStep> path, int hidden)
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

    private static string NameOf(string kind) => kind switch
    {
        "copy" => "files only",
        "cross" => "cross-compiled",
        "cancelled" => "stopped",
        _ => kind,
    };

    private static TimelineRow StepRow(RecordedStep step, bool named, bool critical) => new(
        $"{(named ? step.Component : "")} {Short(step)}".Trim(), ComponentRecording.WithoutNumber(step.Name), NameOf(step),
        [WorkOf(step, critical)]);

    private static TimelineRow ImageRow(RecordedComponent image, List<RecordedStep> worked, HashSet<int> critical) => new(
        "", image.ShortName, image.Title,
        [.. worked.Where(step => step.Component == image.Name).OrderBy(step => critical.Contains(step.Number))
            .Select(step => WorkOf(step, critical.Contains(step.Number)))]);

    private static TimelineWork WorkOf(RecordedStep step, bool critical) =>
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
    private static IEnumerable<TimelineRow> Phases(BuildRecord record, bool before) =>
        from phase in record.Phases
        where !phase.IsHook && phase.Name is not ("verify" or "publish") == before && phase.Elapsed >= 0.01 * record.Duration.TotalSeconds
        group phase by phase.Name into same
        select new TimelineRow("", same.Key, same.Key, [.. same.Select(phase => new TimelineWork(phase.Begin, phase.End, "phase",
            $"{phase.Component} {phase.Name}: {Amounts.Duration(TimeSpan.FromSeconds(phase.Elapsed))}".Trim(), false))]);

    private static TimelineBar BarOf(TimelineWork work, int row, double total) => new()
    {
        Kind = work.Kind,
        IsCritical = work.IsCritical,
        X = 100 * work.Begin / total,
        Y = MiddleOf(row) - (HeightOfBars / 2),
        Width = Math.Max(0.15, 100 * (work.End - work.Begin) / total),
        Title = work.Title,
    };

    private static IEnumerable<TimelineJoint> JointsOf(
        IReadOnlyList<RecordedStep> path, List<RecordedStep> drawn, List<TimelineRow> rows, double total)
    {
        var first = rows.FindIndex(row => row.Work is [{ Kind: not "phase" }]);
        for (var i = 1; i < path.Count; i++)
        {
            var (from, to) = (drawn.IndexOf(path[i - 1]) + first, drawn.IndexOf(path[i]) + first);
            if (from >= first && to >= first)
                yield return new TimelineJoint(100 * path[i].Begin!.Value / total, MiddleOf(from), MiddleOf(to));
        }
    }

    private static int MiddleOf(int row) => AxisHeight + (row * RowHeight) + (RowHeight / 2);

    private static IEnumerable<TimelineTick> Axis(double total)
    {
        var step = NiceStep(total);
        for (var time = 0.0; time <= total; time += step)
        {
            var x = 100 * time / total;
            yield return new TimelineTick(x, x < 96 ? Tick(time) : null);
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

internal sealed record TimelineLegend(IReadOnlyList<LegendEntry> Kinds);

/// <summary>A line of the chart.</summary>
internal sealed record TimelineRow(
    string Owner, string Label, string Title, [property: JsonIgnore] IReadOnlyList<TimelineWork> Work);

/// <summary>Something that took time, in seconds since the build started.</summary>
internal sealed record TimelineWork(double Begin, double End, string Kind, string Title, bool IsCritical);

/// <param name="Label">Null at the right edge of the chart, where a label would not fit.</param>
internal sealed record TimelineTick(double X, string? Label);

internal sealed record TimelineBar
{
    public required string Kind { get; init; }
    public required bool IsCritical { get; init; }
    public required double X { get; init; }
    public required int Y { get; init; }
    public required double Width { get; init; }
    public required string Title { get; init; }
}

internal sealed record TimelineJoint(double X, int From, int To);
