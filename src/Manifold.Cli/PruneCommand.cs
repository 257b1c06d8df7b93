using System.CommandLine;
using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold prune</c>: frees the space of what nothing needs.</summary>
internal static class PruneCommand
{
    public static Command Create(CliContext context)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Also remove the whole build cache and all unpacked layers." };
        var keep = new Option<string?>("--keep-storage")
        {
            Description = "Remove cache entries until the store is at most SIZE, such as "
                + "20GB. The least recently used entries are removed first.",
            HelpName = "SIZE",
        };
        var format = StoredNames.FormatOption();
        var command = new Command("prune", "Free space in the local store. Images with a name are kept.") { all, keep, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new Prune.Options(parsed.GetValue(all), parsed.GetValue(keep) is { } size ? ByteSize.Parse(size) : null);
            using var store = context.OpenStore();
            return await RunAsync(context, store, options, parsed.GetValue(format) == "json", cancellation);
        });
        return command;
    }

    /// <summary>Prunes a store, and prints what was freed.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        CliContext context, Store store, Prune.Options options, bool asJson, CancellationToken cancellation)
    {
        var result = await new Prune(store, context.Time).RunAsync(
            options, () => context.Error.WriteLine("manifold: waiting for other commands that use the store ..."), cancellation);
        foreach (var fault in result.Faults)
            context.Warn($"could not read or remove {fault}");
        if (asJson)
            await context.Out.WriteLineAsync(ToJson(result).ToJsonString());
        else
        {
            var ofRuns = result.CacheFolders == 0 ? "" : $", {Amounts.Count(result.CacheFolders, "cache folder")} of RUNs";
            await context.Out.WriteLineAsync($"Freed {ByteSize.Format(result.FreedBytes)} ({Amounts.Count(result.Blobs, "blob")}, "
                + $"{Amounts.Count(result.Snapshots, "snapshot")}, {Amounts.Count(result.CacheRecords, "cache record")}{ofRuns}); "
                + $"kept {ByteSize.Format(result.KeptBytes)}.");
        }
        return result.Faults.IsEmpty ? 0 : 1;
    }

    /// <summary>Tells the user that a prune must finish first.</summary>
    public static void TellOfWaiting(CliContext context) => context.Warn("waiting for 'manifold prune' to finish ...");

    private static JsonObject ToJson(Prune.Result result) => new()
    {
        ["freedBytes"] = result.FreedBytes,
        ["keptBytes"] = result.KeptBytes,
        ["blobs"] = result.Blobs,
        ["snapshots"] = result.Snapshots,
        ["cacheRecords"] = result.CacheRecords,
        ["cacheFolders"] = result.CacheFolders,
    };
}
