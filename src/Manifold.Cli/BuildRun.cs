using Manifold.Building;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Events;
using Manifold.Fetching;
using Manifold.Images;
using Manifold.Images.Outputs;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold build</c>: build, publish, hand out, tell.</summary>
internal sealed class BuildRun(CliContext context, BuildCommandLine line)
{
    private readonly BuildReports reports = new(context, line.Report);
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
            return await new CheckRun(context, line).RunAsync((store, registry), cancellation);
        var builder = new Builder(new BuilderTools(store, registry, context.Time, context.Variable("PATH")) { Verification = line.Verification });
        if (line.Print == "plan")
            return await PrintPlanAsync(builder, cancellation);

        var heading = new BuildHeading(ProgramName.Version, "build", Project: NameOf(line.Request));
        var recorder = new BuildRecorder(new RecorderTools(store, registry, context.Time), heading);
        await recorder.ExpectAsync(null, line.Request.Tags, cancellation);
        await using var progress = BuildProgress.Create(context, line.Progress);
        context = progress.Context;
        void Show(BuildEvent e)
        {
            recorder.Show(e);
            progress.Show(e);
        }

        var outcome = new ComponentOutcome { Tags = line.Request.Tags, Arguments = line.Request.BuildArguments };
        var hasPlan = false;
        try
        {
            await BuildAsync(Show);
        }
        catch (Exception e)
        {
            recorder.Add(outcome with { Failure = e });
            var failed = await recorder.FinishAsync(e, CancellationToken.None);
            await progress.DisposeAsync();
            await reports.WriteAsync(store, failed, CancellationToken.None);
            if (progress.IsForPeople && hasPlan && RunEnd.Of(e, failed, line.Request) is { } ending)
                throw ending;
            throw;
        }
        recorder.Add(outcome);
        var record = await recorder.FinishAsync(null, cancellation);
        await progress.DisposeAsync();
        await TellAsync(outcome.Result!, outcome.Published, record);
        await reports.WriteAsync(store, record, cancellation);
        if (progress.IsForPeople)
            RunEnd.Write(context, RunEnd.Succeeded(record, Amounts.Count(record.Components[0].Platforms.Length, "platform")));
        return 0;

        async Task BuildAsync(Action<BuildEvent> show)
        {
            var writer = new OutputWriter(Outputs(store, registry, show));
            await writer.PrepareAsync(line.Outputs.All, line.Request.Platforms, cancellation);
            var publishing = new PublishingTools(store, registry, context.Time) { Warn = message => show(new Warned(message) { Time = context.Time.GetUtcNow() }) };
            var publisher = new Publisher(publishing);
            if (line.Push is not null)
                await publisher.RecoverAsync(cancellation);
            var planned = await PlannedBuild.MakeAsync((builder, publisher), line.Request, line.Push, show, cancellation);
            (outcome, hasPlan) = (outcome with { Preflight = planned.Preflight }, true);
            var result = await builder.BuildAsync(line.Request, planned.Plan, show, cancellation);
            outcome = outcome with { Result = result };
            var attach = line.Attachments.AnyDocuments ? new LayoutAttachments(publishing, await AttachmentsAsync(result),
                line.Request.Tags.FirstOrDefault()) : null;
            foreach (var output in line.Outputs.All)
            {
                var made = OutputChoice.VariantOf(output, line.Request) is { } variant ? await builder.BuildAsync(variant, planned.Plan, _ => { }, cancellation) : result;
                var source = new BuiltSource(made.Index, line.Request.Platforms) { Attach = attach is null ? null : attach.AttachAsync };
                await writer.WriteAsync(output, source, line.Request.Tags, cancellation);
            }
            // Last, so that no tag says that all is well while a file could not be written.
            if (planned.Preflight is { } preflight)
                outcome = outcome with { Published = await PublishAsync(publishing, preflight, result, show) };
            if (line.Shard is { } shard)
                Store.ReplaceFile(shard, Shard.Of(ProgramName.Version, result, ImageIndex.Parse(store.ReadDocument(result.Index.Digest)), line.Request.Tags).ToJson());
            await WriteFilesAsync(outcome.Published is { } published && published.Top.Digest != result.Index.Digest ? result with { Index = published.Top } : result, recorder.Id, cancellation);
        }

        async Task<AttachmentRequest> AttachmentsAsync(BuildResult result)
        {
            var request = line.Attachments.Request(key);
            return line.Attachments.Provenance is true
                ? request with { Provenance = await new BuildProvenance(context, line.Request).OfAsync(result, begin, cancellation) }
                    : request;
        }

        async Task<Publication> PublishAsync(PublishingTools publishing, Preflight preflight, BuildResult result, Action<BuildEvent> show)
        {
            IImageSource built = new StoreSource(store, registry, preflight.Request.Targets[0], result.Index);
            await using var source = line.Outputs.PushesDockerFormat
                ? await FormatConversion.ConvertAsync(built, ImageFormat.Docker, publishing.Warn, cancellation) : built;
            var top = line.Outputs.PushesDockerFormat ? (await source.ResolveAsync(cancellation)).Descriptor : result.Index;
            var (done, attached) = await new ImageAttachments(publishing, await AttachmentsAsync(result)).PublishAsync(source, top,
                preflight, new PushEvents(show, context.Time), cancellation);
            if (line.Attachments.Any && line.Progress is not ("quiet" or "json"))
                await Attachments.TellAsync(context, attached);
            return done;
        }
    }

    private async Task<BuildRequest> WithTimeAsync(BuildRequest request, DateTimeOffset now, CancellationToken cancellation)
    {
        if (line.Created is not { } created)
            return request;
        var isAsked = created.IsOfContext && request is { ContextTime: null, ContextAddress: null };
        var ofContext = isAsked ? await CheckoutTime.FindAsync(request.ContextFolder, cancellation) : request.ContextTime;
        return request with { Created = created.At(now, ofContext, request.ContextName) };
    }

    /// <summary>The name of the context's folder. An address may hold credentials, and gives none.</summary>
    private static string? NameOf(BuildRequest request) => request.ContextAddress is null
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.ContextFolder))) : null;

    private int PrintTree()
    {
        context.Out.WriteLine(Dockerfile.DockerfileJson.Write(BuildFiles.ReadDockerfile(line.Request).OrThrow()));
        return 0;
    }

    private async Task<int> PrintPlanAsync(Builder builder, CancellationToken cancellation)
    {
        var plan = await builder.PlanAsync(line.Request, _ => { }, cancellation);
        await context.Out.WriteLineAsync(PlanJson.Write(plan));
        return 0;
    }

    private async Task WriteFilesAsync(BuildResult result, string record, CancellationToken cancellation)
    {
        if (line.IidFile is { } iid)
            await File.WriteAllTextAsync(iid, result.Index.Digest.ToString(), cancellation);
        if (line.MetadataFile is { } metadata)
            await File.WriteAllTextAsync(metadata, BuildMetadata.Write(result, line.Request.Tags, record), cancellation);
    }

    private OutputTools Outputs(Store store, RegistryClient registry, Action<BuildEvent> show) => new(store, registry)
    {
        Environment = context.Environment, OpenStandardOutput = context.OpenOutput, Tell = written.Add,
        Warn = message => show(new Warned(message) { Time = context.Time.GetUtcNow() }),
    };

    private async Task TellAsync(BuildResult result, Publication? published, BuildRecord record)
    {
        var results = line.Outputs.TakesStandardOutput ? context.Error : context.Out;
        if (line.Progress == "quiet")
        {
            await results.WriteLineAsync(result.Index.Digest.ToString());
            return;
        }
        if (line.Progress != "json" && context.OutWidth is not null)
            await context.Error.WriteLineAsync();
        if (line.Progress != "json")
        {
            var width = results == context.Out ? context.OutWidth : context.ErrorSize()?.Width;
            await results.WriteAsync(BuildTable.Render(record, record.Components[0], published, width));
        }
        foreach (var each in written)
            await context.Error.WriteLineAsync(each);
        if (line.Shard is { } shard)
            await context.Error.WriteLineAsync("Pushed without tags. When you have all shards, write the tags with: manifold merge "
                + $"{ShellWord.Quote(shard)} ...");
    }
}
