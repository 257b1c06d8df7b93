using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>The warnings. Those with the same fix are shown together. If there are many, only the first few are unfolded.</summary>
internal sealed record WarningList(IReadOnlyList<WarningGroup> Groups) : Piece
{
    private const int ShownOfAKind = 3;

    public static Html Render(BuildRecord record)
    {
        var groups = ReportWarnings.Of(record).GroupBy(warning => warning.Mend ?? warning.Message)
            .Select(same => Group([.. same])).ToList();
        return groups.Count == 0 ? default : Html.Of(new WarningList(groups));
    }

    private static WarningGroup Group(List<RecordedWarning> same) => new(
        [.. same.Take(ShownOfAKind).Select(Line)], [.. same.Skip(ShownOfAKind).Select(Line)], same[0].Mend);

    private static WarningLine Line(RecordedWarning warning) =>
        new(warning.Component.Length > 0 ? warning.Component : null, warning.Message);
}

internal sealed record WarningGroup(IReadOnlyList<WarningLine> Shown, IReadOnlyList<WarningLine> Folded, string? Fix)
{
    public bool HasFolded => FoldedCount > 0;
    public int FoldedCount => Folded.Count;
}

internal sealed record WarningLine(string? Image, string Message);
