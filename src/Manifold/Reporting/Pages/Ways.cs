using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>A legend of the ways that occur, always in the same order.</summary>
internal sealed record WayLegend(IReadOnlyList<LegendEntry> Ways, bool HasCached) : Piece
{
    public static Html Render(IEnumerable<BuildWay> ways, bool hasCached) => Html.Of(new WayLegend(
        [.. ways.Distinct().Order().Select(way => new LegendEntry(Pieces.ClassOf(way), Pages.Ways.Meaning(way)))], hasCached));
}

internal sealed record LegendEntry(string Class, string Meaning);

/// <summary>The ways to build a platform: their colours and their meaning.</summary>
internal static class Ways
{
    public static BuildWay Of(RecordedStep step, Oci.Platform target) => step switch
    {
        { Emulated: true } => BuildWay.Emulated,
        { Kind: not "run" } => BuildWay.Copy,
        _ => step.Platform == target ? BuildWay.Native : BuildWay.Cross,
    };

    /// <summary>The way in one or two words.</summary>
    public static string Name(BuildWay way) => way switch
    {
        BuildWay.Copy => "files only",
        BuildWay.Cross => "cross-compiled",
        _ => Pieces.ClassOf(way),
    };

    /// <summary>Shown for a platform that was stopped, or not started.</summary>
    public const string Unknown = "-";

    /// <summary>The way of a platform, with the emulated time.</summary>
    public static string Short(BuildRecord record, RecordedComponent image, RecordedPlatform platform) => platform switch
    {
        { Manifest: null } when !record.HasFailed(image, platform) => Unknown,
        { Way: BuildWay.Emulated } => BuildTable.Way(platform),
        _ => Name(platform.Way),
    };

    public static string Meaning(BuildWay way) => way switch
    {
        BuildWay.Native => "native",
        BuildWay.Cross => "cross-compiled",
        BuildWay.Emulated => "emulated",
        BuildWay.Imported => "imported unchanged",
        _ => "files only (no RUN)",
    };
}
