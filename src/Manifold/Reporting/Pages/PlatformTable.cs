using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>The platforms of an image: sizes, times, how each was built, and whether it was verified.</summary>
internal sealed record PlatformTable(IReadOnlyList<PlatformRow> Platforms) : Piece
{
    public static Html Render(BuildRecord record, RecordedComponent image) => image.Platforms.IsEmpty ? default
        : Html.Of(new PlatformTable([.. image.Platforms.Select(platform => Row(record, image, platform))]));

    private static PlatformRow Row(BuildRecord record, RecordedComponent image, RecordedPlatform platform)
    {
        var way = Ways.Short(record, image, platform);
        return new PlatformRow
        {
            Platform = platform.Platform.ToString(),
            Node = platform.Node?.Name,
            NotBuilt = platform.Manifest is null ? NotBuilt(record, image, platform) : null,
            Made = platform.Manifest is null ? null : Sizes(image, platform),
            IsCached = platform.IsCached,
            Time = Pieces.Seconds(platform.Seconds),
            CachedSteps = platform.CachedSteps,
            Steps = platform.Steps,
            WayClass = Pieces.ClassOf(platform.Way),
            Way = way == Ways.Unknown ? null : way,
            Verdict = Verdict(platform),
        };
    }

    private static PlatformSizes Sizes(RecordedComponent image, RecordedPlatform platform) => new(
        Pieces.Digest(platform.Manifest),
        Pieces.Bytes(platform.CompressedBytes),
        Pieces.Change(platform.CompressedBytes - image.Before?.Find(platform.Platform)?.CompressedBytes),
        Pieces.Bytes(platform.UncompressedBytes),
        Pieces.Bytes(platform.WastedBytes));

    /// <summary>The reason; if the page shows it above already, only that the platform failed.</summary>
    private static PlatformFailure NotBuilt(BuildRecord record, RecordedComponent image, RecordedPlatform platform) =>
        platform.Failure switch
        {
            null when record.HasFailed(image, platform) => new PlatformFailure("bad", "failed"),
            null => new PlatformFailure("muted", "not built"),
            { } failure when failure == image.Failure || failure == record.Failure =>
                new PlatformFailure("bad", "failed, see the error above"),
            { } failure => new PlatformFailure("bad prose", $"{(platform.Optional ? "skipped: " : "")}{failure}"),
        };

    private static PlatformVerdict Verdict(RecordedPlatform platform) => BuildTable.Verdict(platform) switch
    {
        "yes" => new PlatformVerdict("yes", "", ""),
        "yes, started" => new PlatformVerdict("starts", "", ""),
        "error" or "does not start" => new PlatformVerdict(null, "bad", $"✕ {BuildTable.Verdict(platform)}"),
        "warning" => new PlatformVerdict(null, "odd", "! warning"),
        var none => new PlatformVerdict(null, "muted", none),
    };
}

internal sealed record PlatformRow
{
    public required string Platform { get; init; }

    /// <summary>Null if no nodes are used.</summary>
    public required string? Node { get; init; }

    public required PlatformFailure? NotBuilt { get; init; }
    public required PlatformSizes? Made { get; init; }
    public required bool IsCached { get; init; }
    public required string Time { get; init; }
    public required int CachedSteps { get; init; }
    public required int Steps { get; init; }
    public required string WayClass { get; init; }

    /// <summary>Null if the platform was stopped, or not started.</summary>
    public required string? Way { get; init; }

    public required PlatformVerdict Verdict { get; init; }
}

internal sealed record PlatformFailure(string Class, string Reason);

internal sealed record PlatformSizes(Html Manifest, Html Compressed, Html Change, Html Unpacked, Html Wasted);

/// <param name="Passed">Null if it did not pass.</param>
internal sealed record PlatformVerdict(string? Passed, string Class, string Text);
