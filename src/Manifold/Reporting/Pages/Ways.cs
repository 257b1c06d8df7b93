using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>The colours of how something was made, and what they mean.</summary>
internal static class Ways
{
    /// <summary>Those that occur, in one order everywhere.</summary>
    public static Html Legend(IEnumerable<BuildWay> ways, bool cached = true) => Html.Of($"""
        <p class="legend">{ways.Distinct().Order().Select(way => Html.Of($"<span><i class=\"dot {Pieces.ClassOf(way)}\"></i>{Meaning(way)}</span>"))}{(cached ? Html.Of($"<span><i class=\"dot cached\"></i>cached</span>") : Html.Empty)}</p>
        """);

    public static BuildWay Of(RecordedStep step, Oci.Platform target) => step switch
    {
        { Emulated: true } => BuildWay.Emulated,
        { Kind: not "run" } => BuildWay.Copy,
        _ => step.Platform == target ? BuildWay.Native : BuildWay.Cross,
    };

    private static string Meaning(BuildWay way) => way switch
    {
        BuildWay.Native => "native",
        BuildWay.Cross => "cross: made on another platform for it",
        BuildWay.Emulated => "emulated",
        BuildWay.Imported => "imported as it is",
        _ => "files only, nothing ran",
    };
}
