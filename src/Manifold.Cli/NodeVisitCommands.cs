using System.CommandLine;
using System.Text.Json;
using Manifold.Content;
using Manifold.Nodes;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold node-facts</c> and <c>manifold node-prune</c>: the commands that <see cref="NodeVisits"/> starts.</summary>
internal static class NodeVisitCommands
{
    /// <summary>Prints facts about this machine, its store, and its programs.</summary>
    public static Command Facts(CliContext context) => Hidden(
        NodeVisits.FactsCommand, "Tell another machine what this one offers.", context, [], async (_, store, folder, cancellation) =>
        {
            using var registry = new RegistryClient(RegistryOptions.From(context.Environment));
            var facts = await NodeSurvey.RunAsync(context.ToolsOn(store, registry));
            var usage = await new Prune(store, context.Time).MeasureAsync(null, cancellation);
            var (count, bytes) = new NodeFolder(folder, context.Time).MeasurePrograms();
            facts = facts with { StoreBytes = usage.Bytes, Programs = count, ProgramBytes = bytes };
            await context.Out.WriteLineAsync(JsonSerializer.Serialize(facts, NodeJson.Default.NodeFacts));
            return 0;
        });

    /// <summary>Prunes the store, and removes programs and sessions that are not in use.</summary>
    public static Command Prune(CliContext context)
    {
        var (all, keep) = (new Option<bool>("--all"), new Option<long?>("--keep-storage"));
        return Hidden(NodeVisits.PruneCommand, "Free space for another machine.", context, [all, keep],
            async (parsed, store, folder, cancellation) =>
            {
                var options = new Prune.Options(parsed.GetValue(all), parsed.GetValue(keep));
                // The other machine shows what is on standard output while we work.
                var code = await PruneCommand.RunAsync(context with { Error = context.Out }, store, options, asJson: false, cancellation);
                await context.Out.WriteLineAsync(Describe(new NodeFolder(folder, context.Time).Clean(OwnDigest())));
                return code;
            });
    }

    /// <summary>A sentence about what was removed besides the store's content.</summary>
    internal static string Describe(RemovedLeftovers removed) => removed switch
    {
        { Programs: 0, Sessions: 0, Bytes: 0 } => "No old programs and no ended sessions.",
        _ => $"Removed {Amounts.Count(removed.Programs, "old program")} ({ByteSize.Format(removed.Bytes)}) and "
            + $"{Amounts.Count(removed.Sessions, "leftover")} of ended sessions.",
    };

    // FOLDER/programs/DIGEST/manifold
    private static Digest? OwnDigest() => Digest.TryParse(
        "sha256:" + Path.GetFileName(Path.GetDirectoryName(Environment.ProcessPath)), out var digest) ? digest : null;

    private static Command Hidden(
        string name, string description, CliContext context, Option[] options,
        Func<ParseResult, Store, string, CancellationToken, Task<int>> work)
    {
        var (folder, ownStore) = (new Option<string>("--folder") { Required = true }, new Option<bool>("--own-store"));
        var command = new Command(name, description) { folder, ownStore };
        command.Hidden = true;
        foreach (var option in options)
            command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var place = parsed.GetRequiredValue(folder);
            using var store = Store.Open(
                parsed.GetValue(ownStore) ? Path.Combine(place, "store") : context.StoreRoot, Sandbox.AbandonedRuns.End);
            await context.Out.WriteLineAsync(NodeVisits.Mark);
            await context.Out.FlushAsync(cancellation);
            return await WhileInputIsOpenAsync(context, token => work(parsed, store, place, token), cancellation);
        });
        return command;
    }

    /// <summary>Cancels the work when the other machine is gone.</summary>
    private static async Task<int> WhileInputIsOpenAsync(
        CliContext context, Func<CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var input = context.OpenInput();
        var working = work(stop.Token);
        if (await Task.WhenAny(working, input.CopyToAsync(Stream.Null, stop.Token)) != working)
            await stop.CancelAsync();
        return await working;
    }
}
