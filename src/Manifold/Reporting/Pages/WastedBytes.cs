using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The files that a later layer replaces or deletes. Every pull still transfers them.</summary>
internal sealed record WastedBytes(IReadOnlyList<WasteBar> Platforms, IReadOnlyList<WasteRow> Files) : Piece
{
    private const int ShownFiles = 12;

    public static Html Render(RecordedComponent image)
    {
        var wasting = image.Platforms.Where(platform => platform.WastedBytes > 0).ToList();
        if (wasting.Count == 0)
            return default;
        // Platforms usually waste the same files: show each file once.
        var files = wasting.SelectMany(platform => platform.Waste.Select(file => (platform.Platform, File: file)))
            .GroupBy(each => each.File.Path)
            .OrderByDescending(same => same.Max(each => each.File.Bytes)).Take(ShownFiles);
        return Html.Of(new WastedBytes(
            [.. wasting.Select(Bar)],
            [.. files.Select(same => File(same.First().File, string.Join(", ", same.Select(each => each.Platform))))]));
    }

    private static WasteBar Bar(RecordedPlatform platform)
    {
        var wasted = platform.WastedBytes!.Value;
        return new WasteBar(platform.Platform.ToString(), 100.0 * wasted / Math.Max(1, platform.UncompressedBytes ?? wasted),
            Amounts.Bytes(wasted), Pieces.Bytes(platform.UncompressedBytes));
    }

    private static WasteRow File(RecordedWaste file, string platforms) => new()
    {
        Path = file.Path,
        Size = Amounts.Bytes(file.Bytes),
        Layer = file.Layer,
        Change = file.Deleted ? "deleted" : "replaced",
        LaterLayer = file.By,
        Platforms = platforms,
    };
}

internal sealed record WasteBar(string Platform, double Width, string Wasted, Html Unpacked);

internal sealed record WasteRow
{
    public required string Path { get; init; }
    public required string Size { get; init; }
    public required int Layer { get; init; }
    public required string Change { get; init; }
    public required int LaterLayer { get; init; }
    public required string Platforms { get; init; }
}
