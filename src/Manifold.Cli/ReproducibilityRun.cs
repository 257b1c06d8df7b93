using Manifold.Building;
using Manifold.Building.Reproducing;
using Manifold.Content;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Projects.Reading;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Reporting.Pages;
using Manifold.Verification.Reproducibility;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold bake --verify-reproducible</c>.</summary>
internal sealed class ReproducibilityRun(CliContext context, BakeCommandLine line, ReadingOptions options)
{
    public async Task<int> RunAsync(Store store, RegistryClient registry, CancellationToken cancellation)
    {
        RefuseWhatWouldBeIgnored();
        var tools = context.ToolsOn(store, registry);
        var project = Read();
        var builds = new[] { BuildProgress.Create(context, line.Progress), BuildProgress.Create(context, line.Progress) };
        var report = await new ReproducibilityCheck(tools).RunAsync(new ReproducibilityRequest
        {
            Read = Read,
            Jobs = line.Jobs ?? project.Jobs ?? MachineJobs.Default,
            Graph = new GraphOptions
            {
                Names = line.Names,
                SourceDateEpoch = BuildOptions.EpochOf(context),
                RunSettings = source => line.SettingsOf(source, context),
                LayoutReference = _ => throw new InvalidOperationException("Each build places its layouts."),
            },
            Lock = BakeLock.Find(context, project, line)
                ?? new LockUse(LockFile.Empty(project, Directory.GetCurrentDirectory()), Only: false),
            On = (build, e) => builds[build - 1].Show(e),
            Begin = async build =>
            {
                if (build == 2)
                    await builds[0].DisposeAsync();
                if (line.Progress is not ("quiet" or "json"))
                    await context.Error.WriteLineAsync(build == 1 ? "first build" : "second build, in another folder");
            },
        }, cancellation);
        await builds[1].DisposeAsync();
        await context.Out.WriteAsync(ReproducibilityText.Render(report));
        if (line.Report is { } folder)
            await WriteAsync(Directory.CreateDirectory(folder).FullName, report, project.Name, cancellation);
        return report.IsReproducible ? 0 : 1;
    }

    private static async Task WriteAsync(string folder, ReproducibilityReport report, string title, CancellationToken cancellation)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "reproducibility.json"), ReproducibilityJson.Write(report), cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "reproducibility.html"),
            ReproducibilityPage.Render(report, title, Product.Version), cancellation);
    }

    private Project Read() => line.Indexed(ProjectReader.Read(line.Files, options));

    /// <exception cref="UsageException">Something was asked for that comes of a build that is kept.</exception>
    private void RefuseWhatWouldBeIgnored()
    {
        var refused = new[]
        {
            (line.Push, "--push"),
            (line.Plan, "--plan"),
            (line.KeepGoing, "--keep-going"),
            (line.Attachments.Any, "--sbom, --provenance or --sign"),
            (line.MetadataFile is not null, "--metadata-file"),
            (line.Created is not null, "--created"),
        };
        if (refused.FirstOrDefault(each => each.Item1).Item2 is { } beside)
            throw new UsageException($"--verify-reproducible and {beside} cannot be used together: both builds are deleted after the "
                + $"comparison. Run bake again for {beside}.");
    }
}
