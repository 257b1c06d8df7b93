using Manifold.Images;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Reporting;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold build</c>: build, publish, hand out, tell.</summary>
internal sealed class BuildRun(CliContext context, BuildCommandLine line)
{
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (line.Print == "tree")
            return PrintTree();
        if (line.Push && line.Request.Tags.IsEmpty)
            throw new UsageException("--push needs a name: add -t registry/repository:tag.");
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, line.Registries);
        var builder = new Builder(new BuilderTools(store, registry, context.Time, context.Variable("PATH")));
        if (line.Print == "plan")
            return await PrintPlanAsync(builder, cancellation);

        await using var progress = BuildProgress.Create(context, line.Progress);
        var result = await builder.BuildAsync(line.Request, progress.Show, cancellation);
        if (line.Push)
            await new Pusher(registry, store, new BlobOrigins(store)).PushAsync(result.Index, line.Request.Tags, new PushEvents(progress.Show, context.Time), cancellation);
        foreach (var output in line.Outputs)
            await new ImageLayout(store, registry, new BlobOrigins(store)).WriteAsync(result.Index, line.Request.Tags, output.Destination, output.IsTar, cancellation);
        await WriteFilesAsync(result, cancellation);
        await progress.DisposeAsync();
        await TellAsync(result);
        return 0;
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

    private async Task TellAsync(BuildResult result)
    {
        if (line.Progress == "quiet")
        {
            await context.Out.WriteLineAsync(result.Index.Digest.ToString());
            return;
        }
        if (line.Progress != "json")
            await context.Out.WriteAsync(BuildTable.Render(result, line.Request.Tags, line.Push));
    }
}
