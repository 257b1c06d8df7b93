using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>Where each platform was built, and the time and bytes that it cost apart from work.</summary>
internal static class NodeTable
{
    // A narrower terminal has no room for a column of nodes.
    private const int EnoughCells = 100;

    /// <summary>The table for a terminal; empty if no nodes are used.</summary>
    /// <param name="width">The columns of the terminal that it must fit; null for a pipe.</param>
    public static string Render(BuildRecord record, int? width)
    {
        if (!record.UsesNodes)
            return "";
        var hasImages = record.Components.Length > 1;
        string[] headings = [.. Headings(record, width), "MACHINE", "TIME", "WAITED", "MOVED", "SENT", "RECEIVED"];
        var rows = record.Components.SelectMany(image => image.Platforms.Where(platform => platform.Node is not null)
            .Select(platform => (string[])[.. hasImages ? [image.ShortName] : NoCells, .. Row(record, platform, width)]));
        return BuildTable.Columns([hasImages ? ["IMAGE", .. headings] : headings, .. rows], width) + string.Concat(LossesOf(record));
    }

    /// <summary>The headings of a platform and its node. The node is shown only if nodes are used.</summary>
    public static string[] Headings(BuildRecord record, int? width) => !record.UsesNodes ? ["PLATFORM"]
        : HasRoom(width) ? ["PLATFORM", "NODE"]
        : ["PLATFORM@NODE"];

    /// <summary>The cells of a platform and its node, under <see cref="Headings"/>.</summary>
    /// <param name="platform">Null for an image without platforms.</param>
    public static string[] Cells(BuildRecord record, RecordedPlatform? platform, int? width)
    {
        if (!record.UsesNodes)
            return [platform?.Platform.ToString() ?? "-"];
        if (HasRoom(width))
            return [platform?.Platform.ToString() ?? "-", platform?.Node?.Name ?? "-"];
        return [platform is null ? "-" : Placements.ShortName(platform.Platform, platform.Node?.Name)];
    }

    /// <summary>The machine of a node, and why it was chosen: <c>linux/arm64, native</c>.</summary>
    public static string Machine(RecordedNode node) => $"{node.Platform}, {node.Why}";

    /// <summary>A sentence for each attempt that was lost.</summary>
    public static IEnumerable<string> Losses(RecordedNode node) => node.Lost.Select(loss => $"{loss.Node} was lost: {loss.Reason}");

    private static IEnumerable<string> LossesOf(BuildRecord record) =>
        from image in record.Components
        from platform in image.Platforms
        where platform.Node is not null
        from loss in Losses(platform.Node!)
        select ForeignText.Line($"{(image.Name.Length > 0 ? image.Name + ": " : "")}{platform.Platform}: {loss}") + "\n";

    private static string[] Row(BuildRecord record, RecordedPlatform platform, int? width) =>
    [
        .. Cells(record, platform, width), Machine(platform.Node!), platform.IsCached ? "-" : Seconds(platform.Seconds),
        Seconds(platform.Node!.WaitedSeconds), Seconds(platform.Node.MovedSeconds), Amounts.Bytes(platform.Node.SentBytes),
        Amounts.Bytes(platform.Node.ReceivedBytes),
    ];

    private static string[] NoCells => [];

    private static bool HasRoom(int? width) => width is null or >= EnoughCells;

    private static string Seconds(double seconds) => Amounts.Duration(TimeSpan.FromSeconds(seconds));
}
