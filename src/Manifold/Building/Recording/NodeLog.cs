using Manifold.Events;
using Manifold.Oci;

namespace Manifold.Building.Recording;

/// <summary>Collects where each platform of each component was built. Not thread-safe: its owner holds a lock.</summary>
internal sealed class NodeLog
{
    private readonly Dictionary<(string Component, Platform Platform), RecordedNode> nodes = [];

    public void Show(BuildEvent e)
    {
        switch (e)
        {
            case UnitPlaced placed: Place((e.Component ?? "", placed.Platform), placed); break;
            case UnitReturned returned: Return((e.Component ?? "", returned.Platform), returned); break;
        }
    }

    /// <summary>The last node of a platform; null if no nodes are used.</summary>
    public RecordedNode? Find(string component, Platform platform) => nodes.GetValueOrDefault((component, platform));

    /// <summary>The costs of earlier attempts stay.</summary>
    private void Place((string, Platform) unit, UnitPlaced placed) => nodes[unit] =
        nodes.TryGetValue(unit, out var before)
            ? before with { Name = placed.Node, Platform = placed.NodePlatform, Why = placed.Why }
            : new RecordedNode(placed.Node, placed.NodePlatform, placed.Why);

    private void Return((string, Platform) unit, UnitReturned returned)
    {
        if (!nodes.TryGetValue(unit, out var node))
            return;
        var traffic = returned.Traffic;
        nodes[unit] = node with
        {
            SentBytes = node.SentBytes + traffic.SentBytes,
            ReceivedBytes = node.ReceivedBytes + traffic.ReceivedBytes,
            WaitedSeconds = Math.Round(node.WaitedSeconds + traffic.Waited.TotalSeconds, 3),
            MovedSeconds = Math.Round(node.MovedSeconds + traffic.Moved.TotalSeconds, 3),
            Lost = returned.Lost is { } reason ? node.Lost.Add(new RecordedLoss(returned.Node, reason)) : node.Lost,
        };
    }
}
