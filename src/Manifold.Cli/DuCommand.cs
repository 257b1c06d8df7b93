using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Manifold.Content;

namespace Manifold.Cli;

/// <summary><c>manifold du</c>: the contents of the store, and the space that a prune would free.</summary>
internal static class DuCommand
{
    public static Command Create(CliContext context)
    {
        var verbose = new Option<bool>("--verbose", "-v")
        {
            Description = "Also list each image with its total size and the size that it shares with no other image.",
        };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var command = new Command("du", "Show what the store holds and what 'manifold prune' would free.") { verbose, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var store = context.OpenStore();
            var usage = await new Prune(store, context.Time).MeasureAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            foreach (var fault in usage.Faults)
                context.Warn($"cannot be read: {fault}");
            if (parsed.GetValue(json))
                context.Out.WriteLine(ToJson(store.Root, usage).ToJsonString());
            else
                Write(context, store.Root, usage, parsed.GetValue(verbose));
            return usage.Faults.IsEmpty ? 0 : 1;
        });
        return command;
    }

    private static void Write(CliContext context, string root, DiskUsage usage, bool verbose)
    {
        context.Out.WriteLine($"Store: {root}");
        context.Out.WriteLine();
        Columns.Write(context, ["CONTENT", "COUNT", "SIZE", "PRUNE FREES", "PRUNE --ALL FREES"],
        [
            .. usage.Parts.Where(part => part.Count > 0).Select(ToRow),
            ["Total", "", ByteSize.Format(usage.Bytes), ByteSize.Format(usage.PruneFrees), ByteSize.Format(usage.PruneAllFrees)],
        ]);
        if (!verbose || usage.Images.IsEmpty)
            return;
        context.Out.WriteLine();
        Columns.Write(context, ["IMAGE", "DIGEST", "SIZE", "NOT SHARED"], [.. usage.Images.Select(image =>
            new[] { image.Name, image.Digest.Short, ByteSize.Format(image.Bytes), ByteSize.Format(image.OwnBytes) })]);
    }

    private static string[] ToRow(UsagePart part) =>
    [
        Label(part.Kind), part.Count.ToString(CultureInfo.InvariantCulture), ByteSize.Format(part.Bytes),
        ByteSize.Format(part.PruneFrees), ByteSize.Format(part.PruneAllFrees),
    ];

#pragma warning disable CS8524 // A number without a name is not a kind. A kind that is missing here does not compile.
    private static string Label(UsageKind kind) => kind switch
    {
        UsageKind.Images => "Images",
        UsageKind.Unnamed => "Cached and unnamed blobs",
        UsageKind.Unpacked => "Unpacked layers",
        UsageKind.CacheRecords => "Build cache records",
        UsageKind.CacheMounts => "Cache mounts",
        UsageKind.Downloads => "Downloads from git and http",
        UsageKind.Transfers => "Interrupted transfers",
        UsageKind.Builds => "Records of builds",
    };
#pragma warning restore CS8524

    private static JsonObject ToJson(string root, DiskUsage usage) => new()
    {
        ["store"] = root,
        ["bytes"] = usage.Bytes,
        ["pruneFrees"] = usage.PruneFrees,
        ["pruneAllFrees"] = usage.PruneAllFrees,
        ["parts"] = new JsonArray([.. usage.Parts.Select(part => new JsonObject
        {
            ["kind"] = JsonNamingPolicy.CamelCase.ConvertName(part.Kind.ToString()),
            ["count"] = part.Count,
            ["bytes"] = part.Bytes,
            ["pruneFrees"] = part.PruneFrees,
            ["pruneAllFrees"] = part.PruneAllFrees,
        })]),
        ["images"] = new JsonArray([.. usage.Images.Select(image => new JsonObject
        {
            ["name"] = image.Name,
            ["digest"] = image.Digest.ToString(),
            ["bytes"] = image.Bytes,
            ["ownBytes"] = image.OwnBytes,
        })]),
    };
}
