using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A table of a project's images: a row for each image, a column for each platform.</summary>
internal sealed record Overview(Html Legend, IReadOnlyList<string> Platforms, IReadOnlyList<OverviewRow> Images) : Piece
{
    public static Html Render(BuildRecord record)
    {
        ImmutableArray<Platform> platforms = [.. record.Platforms];
        var made = record.Components.SelectMany(image => image.Platforms).Where(platform => platform.Manifest is not null).ToList();
        return Html.Of(new Overview(
            WayLegend.Render(made.Select(platform => platform.Way), made.Any(platform => platform.IsCached)),
            [.. platforms.Select(platform => platform.ToString().Replace("linux/", "", StringComparison.Ordinal))],
            [.. record.Components.Select((image, i) => Row(record, image, i, platforms))]));
    }

    private static OverviewRow Row(BuildRecord record, RecordedComponent image, int number, ImmutableArray<Platform> platforms)
    {
        var state = record.StateOf(image);
        var cached = !image.Platforms.IsEmpty && image.Platforms.All(platform => platform.IsCached)
            && record.Hooks.All(hook => hook.Component != image.Name);
        return new OverviewRow
        {
            Number = number,
            Name = image.ShortName,
            StateClass = state is ImageState.Published or ImageState.Built ? "good" : state == ImageState.Failed ? "bad" : "muted",
            State = state.Text(),
            IsUnchanged = state == ImageState.Published && image.Before?.Digest == image.Index?.Digest,
            Cells = [.. platforms.Select(platform =>
                Cell(record, image, image.Platforms.FirstOrDefault(each => each.Platform == platform)))],
            IsCached = cached && state != ImageState.NotStarted,
            Time = cached || state == ImageState.NotStarted ? null : Pieces.Seconds(record.SecondsOf(image)),
            Digest = Pieces.Digest(image.Index?.Digest),
        };
    }

    private static OverviewCell Cell(BuildRecord record, RecordedComponent image, RecordedPlatform? platform) => platform switch
    {
        null => new OverviewCell { IsMissing = true },
        { Manifest: null } when !record.HasFailed(image, platform) => new OverviewCell { IsNotBuilt = true },
        { Manifest: null } => new OverviewCell { Failed = new FailedCell(platform.Failure, platform.Optional ? "skipped" : "failed") },
        _ => new OverviewCell
        {
            Made = new MadeCell(Pieces.ClassOf(platform.Way), platform.IsCached, Way(record, image, platform),
                BuildTable.Verdict(platform), Amounts.Bytes(platform.CompressedBytes), Mark(platform)),
        },
    };

    private static string Way(BuildRecord record, RecordedComponent image, RecordedPlatform platform) =>
        Ways.Short(record, image, platform) + (platform.Node is { } node ? $" on {node.Name}" : "");

    private static VerdictMark? Mark(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "error" or "does not start" => new VerdictMark("bad", "✕"),
        "warning" => new VerdictMark("odd", "!"),
        _ => null,
    };
}

internal sealed record OverviewRow
{
    public required int Number { get; init; }
    public required string Name { get; init; }
    public required string StateClass { get; init; }
    public required string State { get; init; }

    /// <summary>Published under the digest that the tag had before.</summary>
    public required bool IsUnchanged { get; init; }

    public required IReadOnlyList<OverviewCell> Cells { get; init; }
    public required bool IsCached { get; init; }

    /// <summary>Null if it is cached or not started.</summary>
    public required string? Time { get; init; }

    public required Html Digest { get; init; }
}

/// <summary>A platform of an image: one of these.</summary>
internal sealed record OverviewCell
{
    public bool IsMissing { get; init; }
    public bool IsNotBuilt { get; init; }
    public FailedCell? Failed { get; init; }
    public MadeCell? Made { get; init; }
}

internal sealed record FailedCell(string? Failure, string State);

internal sealed record MadeCell(string WayClass, bool IsCached, string Way, string Verdict, string Size, VerdictMark? Mark);

internal sealed record VerdictMark(string Class, string Sign);
