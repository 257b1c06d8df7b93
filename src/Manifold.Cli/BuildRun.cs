using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Solving;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold build</c>: build, publish, hand out, tell.</summary>
internal sealed class BuildRun(CliContext context, BuildCommandLine line)
{
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (line.Print == "tree")
            return PrintTree();
        using var key = await line.Attachments.LoadKeyAsync(context, cancellation);
        var begin = context.Time.GetUtcNow();
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, line.Registries);
        // Until the last byte is published: what is being pushed must not be pruned.
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        var builder = new Builder(new BuilderTools(store, registry, context.Time, context.Variable("PATH")) { Verification = line.Verification });
        if (line.Print == "plan")
            return await PrintPlanAsync(builder, cancellation);

        await using var progress = BuildProgress.Create(context, line.Progress);
        var publishing = new PublishingTools(store, registry, context.Time)
        {
            Warn = message => progress.Show(new Warned(message) { Time = context.Time.GetUtcNow() }),
        };
        var publisher = new Publisher(publishing);
        if (line.Push is not null)
            await publisher.RecoverAsync(cancellation);
        var planned = await PlannedBuild.MakeAsync((builder, publisher), line.Request, line.Push, progress.Show, cancellation);
        var result = await builder.BuildAsync(line.Request, planned.Plan, progress.Show, cancellation);
        var published = planned.Preflight is null ? null : await PublishAsync();
        foreach (var output in line.Outputs)
            await WriteLayoutAsync(store, registry, result, output, cancellation);
        if (line.Shard is { } shard)
            Store.ReplaceFile(shard, Shard.Of(ProgramName.Version, result, ImageIndex.Parse(store.ReadDocument(result.Index.Digest)), line.Request.Tags).ToJson());
        await WriteFilesAsync(result, cancellation);
        await progress.DisposeAsync();
        await TellAsync(result, published);
        return 0;

        async Task<Publication> PublishAsync()
        {
            await using var source = new StoreSource(store, registry, line.Request.Tags[0], result.Index);
            var request = line.Attachments.Request(key);
            if (line.Attachments.Provenance)
                request = request with { Provenance = await new BuildProvenance(context, line.Request).OfAsync(result, begin, cancellation) };
            var (done, attached) = await new ImageAttachments(publishing, request).PublishAsync(source, result.Index, planned.Preflight, new PushEvents(progress.Show, context.Time), cancellation);
            if (line.Attachments.Any && line.Progress is not ("quiet" or "json"))
                await Attachments.TellAsync(context, attached);
            return done;
        }
    }

    private async Task WriteLayoutAsync(Store store, RegistryClient registry, BuildResult result, OutputTarget output, CancellationToken cancellation)
    {
        var name = line.Request.Tags.FirstOrDefault() ?? ImageReference.Parse("build").WithDigest(result.Index.Digest);
        await using var source = new StoreSource(store, registry, name, result.Index);
        var image = await ImageParts.ReadAsync(source, withReferrers: false, cancellation);
        ImmutableArray<string> names = [.. line.Request.Tags.Select(tag => tag.Tag ?? tag.ToString())];
        IImageTarget target = output.IsTar ? new OciArchiveTarget(output.Destination, names) : new LayoutTarget(output.Destination, names);
        await target.WriteAsync(source, image, null, cancellation);
    }

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

    private async Task WriteFilesAsync(BuildResult result, CancellationToken cancellation)
    {
        if (line.IidFile is { } iid)
            await File.WriteAllTextAsync(iid, result.Index.Digest.ToString(), cancellation);
        if (line.MetadataFile is { } metadata)
            await File.WriteAllTextAsync(metadata, BuildMetadata.Write(result, line.Request.Tags), cancellation);
    }

    private async Task TellAsync(BuildResult result, Publication? published)
    {
        if (line.Progress == "quiet")
        {
            await context.Out.WriteLineAsync(result.Index.Digest.ToString());
            return;
        }
        if (line.Progress != "json")
            await context.Out.WriteAsync(BuildTable.Render(result, line.Request.Tags, published));
        if (line.Shard is { } shard)
            await context.Error.WriteLineAsync($"Pushed by digest; no tag was written. When all shards are there: manifold merge {shard} …");
    }
}
