using Manifold.Events;
using Manifold.Oci;

namespace Manifold.Reporting;

/// <summary>The nodes that the platforms of each image are built on, as events tell them. Empty if no nodes are used.</summary>
/// <remarks>Not thread-safe: its owner holds a lock.</remarks>
internal sealed class Placements
{
    private const string Linux = "linux/";

    private readonly Dictionary<(string?, Platform), string> nodes = [];

    public void Show(BuildEvent e)
    {
        if (e is UnitPlaced placed)
            nodes[(e.Component, placed.Platform)] = placed.Node;
    }

    /// <summary>The node that an event about a platform comes from; null if no nodes are used.</summary>
    public string? NodeOf(BuildEvent e, Platform platform) => e.NodeName ?? nodes.GetValueOrDefault((e.Component, platform));

    /// <summary>
    /// Whether a step that runs on a node belongs to the platform that was lost there: it is for this platform, or for another one that
    /// the node does not build.
    /// </summary>
    public bool IsOf(UnitReturned lost, Platform step, string? node) =>
        node == lost.Node && (step == lost.Platform || NodeOf(lost, step) != lost.Node);

    /// <summary>The platform for people, with its node: <c>linux/arm64@pi</c>.</summary>
    public static string Name(Platform platform, string? node) => node is null ? platform.ToString() : $"{platform}@{node}";

    /// <summary>The prefix of lines in a log: <c>[arm64@pi] </c>. Empty if no nodes are used.</summary>
    public string Prefix(BuildEvent e, Platform platform) => PrefixOf(platform, NodeOf(e, platform));

    /// <inheritdoc cref="Prefix"/>
    public static string PrefixOf(Platform platform, string? node) =>
        node is null ? "" : $"[{ShortName(platform, node)}] ";

    /// <summary>The platform with its node where there is little room: <c>arm64@pi</c>.</summary>
    public static string ShortName(Platform platform, string? node) =>
        Name(platform, node) is var name && name.StartsWith(Linux, StringComparison.Ordinal) ? name[Linux.Length..] : name;
}
