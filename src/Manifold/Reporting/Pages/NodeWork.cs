using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The nodes that built the platforms of an image: work, waiting, and transfers, each by itself.</summary>
internal sealed record NodeWork(IReadOnlyList<NodeRow> Rows) : Piece
{
    /// <summary>Empty if no nodes are used.</summary>
    public static Html Render(RecordedComponent image) => !image.UsesNodes ? default : Html.Of(new NodeWork(
        [.. image.Platforms.Where(platform => platform.Node is not null).Select(platform => Row(platform, platform.Node!))]));

    private static NodeRow Row(RecordedPlatform platform, RecordedNode node) => new()
    {
        Platform = platform.Platform.ToString(),
        Node = node.Name,
        Machine = NodeTable.Machine(node),
        Work = platform.IsCached ? null : Pieces.Seconds(platform.Seconds),
        Waited = Pieces.Seconds(node.WaitedSeconds),
        Moved = Pieces.Seconds(node.MovedSeconds),
        Sent = Amounts.Bytes(node.SentBytes),
        Received = Amounts.Bytes(node.ReceivedBytes),
        Losses = [.. NodeTable.Losses(node)],
    };
}

internal sealed record NodeRow
{
    public required string Platform { get; init; }
    public required string Node { get; init; }
    public required string Machine { get; init; }

    /// <summary>Null if everything is cached.</summary>
    public required string? Work { get; init; }

    public required string Waited { get; init; }
    public required string Moved { get; init; }
    public required string Sent { get; init; }
    public required string Received { get; init; }
    public required IReadOnlyList<string> Losses { get; init; }
}
