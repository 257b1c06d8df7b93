using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold build</c>: reads the command line, and orders a project of one image.</summary>
internal sealed class BuildRun(CliContext context, BuildCommandLine line)
{
    private readonly List<string> written = [];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        using var key = await line.Attachments.LoadKeyAsync(context, cancellation);
        var begin = context.Time.GetUtcNow();
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, line.Registries);
        // Until the last byte is published: what is being pushed must not be pruned.
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        line = line with { Request = await ContextFlags.PrepareAsync(context, (store, registry), line.Request, cancellation) };
        line = line with { Request = await WithTimeAsync(line.Request, begin, cancellation) };
        if (line.Print == "tree")
            return PrintTree();
        if (line.Check)
            return await new CheckRun(context, store, registry, line.Progress).RunAsync(Order(), cancellation);
        var order = Order() with { Documents = line.Attachments.Order(key) };
        if (line.Print == "plan")
            return await PrintPlanAsync(order, store, registry, cancellation);
        var run = new OrderRun(context, store, registry, line.Progress, line.Report)
        {
            Request = line.Request,
            Files = outcome => FilesOf(outcome, store),
            Tell = TellAsync,
            Count = outcome => Amounts.Count(outcome.Record.Components[0].Platforms.Length, "platform"),
        };
        return await run.RunAsync(order, cancellation);
    }

    /// <summary>Returns the order for a builder: a project of one image.</summary>
    internal BuildOrder Order() => BuildOrder.Of(
        ImageProject.Of(line.Request, line.Verification, line.Outputs.PushesDockerFormat),
        new BuildHeading(Product.Version, "build", Project: BuildHeading.NameOf(line.Request))) with
    {
        Push = line.Push,
        Nodes = line.Nodes.Nodes,
        AllowsEmulation = line.Nodes.AllowsEmulation,
        SharesWork = line.Nodes.SharesWork,
        Outputs = context.OutputsTelling(written) with { Given = line.Outputs.All },
    };

    private async Task<BuildRequest> WithTimeAsync(BuildRequest request, DateTimeOffset now, CancellationToken cancellation)
    {
        if (line.Created is not { } created)
            return request;
        var isAsked = created.IsOfContext && request is { ContextTime: null, ContextAddress: null };
        var ofContext = isAsked ? await CheckoutTime.FindAsync(request.ContextFolder, cancellation) : request.ContextTime;
        return request with { Created = created.At(now, ofContext, request.ContextName) };
    }

    private int PrintTree()
    {
        context.Out.WriteLine(Dockerfile.DockerfileJson.Write(BuildFiles.ReadDockerfile(line.Request).OrThrow()));
        return 0;
    }

    private async Task<int> PrintPlanAsync(BuildOrder order, Store store, RegistryClient registry, CancellationToken cancellation)
    {
        var tools = context.ToolsOn(store, registry);
        var plan = await new Builder(tools).PlanAsync(order with { Push = null, PlansOnly = true }, _ => { }, cancellation);
        SeveralProblemsException.ThrowIfAny(plan.Problems);
        await context.Out.WriteLineAsync(PlanJson.Write(plan.Components[0].Plan));
        return 0;
    }

    private IEnumerable<(string Flag, Func<Task> Write)> FilesOf(FinishedBuild outcome, Store store)
    {
        var built = outcome.Result!.Components[0];
        if (line.Shard is { } shard)
            yield return ("--shard", () => WriteShardAsync(shard, built.Result!, store));
        if (line.IidFile is { } iid)
            yield return ("--iidfile", () => File.WriteAllTextAsync(iid, built.Named!.Index.Digest.ToString()));
        if (line.MetadataFile is { } metadata)
            yield return ("--metadata-file", () => File.WriteAllTextAsync(metadata, BuildMetadata.Write(built, outcome.Record.Id)));
    }

    private Task WriteShardAsync(string file, BuildResult result, Store store)
    {
        var index = ImageIndex.Parse(store.ReadDocument(result.Index.Digest));
        Store.ReplaceFile(file, Shard.Of(Product.Version, result, index, line.Request.Tags).ToJson());
        return Task.CompletedTask;
    }

    private async Task TellAsync(CliContext told, FinishedBuild outcome)
    {
        var (built, record) = (outcome.Result!.Components[0], outcome.Record);
        if (built.Result is not { } result)
            return;
        var results = line.Outputs.TakesStandardOutput ? told.Error : told.Out;
        if (line.Progress == "quiet")
        {
            await results.WriteLineAsync(result.Index.Digest.ToString());
            return;
        }
        if (line.Progress != "json")
        {
            if (line.Attachments.Any && built.Publication is not null)
                await Attachments.TellAsync(told, built.Attached ?? AttachmentSummary.None);
            if (told.OutWidth is not null)
                await told.Error.WriteLineAsync();
            var width = results == told.Out ? told.OutWidth : told.ErrorSize()?.Width;
            await results.WriteAsync(BuildTable.Render(record, record.Components[0], built.Publication, width));
        }
        foreach (var each in written)
            await told.Error.WriteLineAsync(each);
        if (line.Shard is { } shard && outcome.Failure is null)
            await told.Error.WriteLineAsync("Pushed without tags. When you have all shards, write the tags with: manifold merge "
                + $"{ShellWord.Quote(shard)} ...");
    }
}
