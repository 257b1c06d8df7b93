using System.Text.Json.Nodes;
using Manifold.Nodes;
using Manifold.Oci;

namespace Manifold.Cli;

/// <summary>Nodes and what they offer, as JSON.</summary>
internal static class NodesJson
{
    public static JsonArray Of(IEnumerable<NodeVisit> visits) => new([.. visits.Select(ToJson)]);

    private static JsonObject ToJson(NodeVisit visit)
    {
        var node = new JsonObject { ["name"] = visit.Node.Name, ["address"] = visit.Node.Address };
        if (visit.Facts is not { } facts)
        {
            node["problem"] = visit.Problem?.Message;
            return node;
        }
        node["version"] = facts.Version;
        node["platform"] = facts.Platform.ToString();
        node["native"] = Names(facts.Native);
        node["emulated"] = Names(facts.Emulated);
        node["processors"] = facts.Processors;
        node["load"] = facts.Load;
        node["jobs"] = visit.Node.Jobs ?? facts.Jobs;
        node["memoryBytes"] = facts.MemoryBytes;
        node["freeBytes"] = facts.FreeBytes;
        node["store"] = facts.Store;
        node["storeBytes"] = facts.StoreBytes;
        node["programs"] = facts.Programs;
        node["programBytes"] = facts.ProgramBytes;
        node["clockOffsetSeconds"] = Math.Round(visit.ClockOffset.TotalSeconds);
        node["runProblem"] = facts.RunProblem;
        return node;
    }

    private static JsonArray Names(IEnumerable<Platform> platforms) =>
        new([.. platforms.Select(each => JsonValue.Create(each.ToString()))]);
}
