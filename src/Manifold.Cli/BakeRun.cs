using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Checking;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Nodes;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Projects;
using Manifold.Projects.Printing;
using Manifold.Projects.Reading;
using Manifold.Publishing;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Sandbox;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold bake</c>: reads the command line and the project's file, and orders its images.</summary>
internal sealed class BakeRun(CliContext context, BakeCommandLine line)
{
    private readonly List<string> written = [];

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var folder = Directory.GetCurrentDirectory();
        var options = line.Reading(context) with { Overrides = Overrides() };
        var project = ProjectReader.Read(line.Files, options);
        foreach (var warning in project.Warnings.Concat(project.Reservations(line.Names)))
            context.Warn(warning);
        if (line.Print is { } format)
        {
            context.Out.Write(PrintedProject.Write(project, line.Names, format, folder));
            return 0;
        }

        if (line.VerifyReproducible && !line.On.IsEmpty)
        {
            throw new UsageException("--verify-reproducible and --on cannot be used together: both builds run on this machine. Leave "
                + "out --on.");
        }
        var nodes = NodeFlags.Choose(context, line.On, project.Nodes);
        var isPublished = line.Push || project.Push;
        if (line.Attachments.KeyFile is not null && !isPublished)
            line.Attachments.RequirePlace([]);
        using var key = await line.Attachments.LoadKeyAsync(context, cancellation);
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, line.Registries);
        // Until the last byte is published: what is being pushed must not be pruned.
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        if (line.Check || project.IsChecked(line.Names))
            return await CheckAsync(project.Unbuilt, (store, registry), cancellation);
        if (line.VerifyReproducible)
            return await new ReproducibilityRun(context, line, options).RunAsync(store, registry, cancellation);
        var order = await OrderAsync(project, builds: true, (store, registry), cancellation);
        order = order with
        {
            Documents = line.Attachments.Order(key),
            Nodes = nodes.Nodes,
            AllowsEmulation = nodes.AllowsEmulation,
            SharesWork = nodes.SharesWork,
        };
        if (line.Plan)
            return await PlanAsync(order, store, registry, cancellation);
        var run = new OrderRun(context, store, registry, line.Progress, line.Report)
        {
            Files = FilesOf,
            Tell = TellAsync,
            Count = outcome => Amounts.Count(outcome.Record.Components.Length, "image"),
            Finish = () => RollOutAsync(order, cancellation),
        };
        return await run.RunAsync(order, cancellation);
    }

    /// <summary>The flags that change images, when the project is printed: bake prints them as part of it.</summary>
    private ImmutableArray<string> Overrides() => line.Print is null ? line.Set :
    [
        .. line.Set, .. line.Push ? ["push=true"] : Array.Empty<string>(), .. line.Load ? ["load=true"] : Array.Empty<string>(),
        .. line.NoCache ? ["no-cache=true"] : Array.Empty<string>(), .. line.Pull ? ["pull=true"] : Array.Empty<string>(),
        .. line.Attachments.Overrides,
    ];

    private async Task<int> CheckAsync(Project project, (Store Store, RegistryClient Registry) tools, CancellationToken cancellation)
    {
        (bool IsGiven, string Name)[] others =
        [
            (line.Plan, "--plan"), (line.VerifyReproducible, "--verify-reproducible"), (line.Push, "--push"), (line.Load, "--load"),
        ];
        if (others.FirstOrDefault(each => each.IsGiven).Name is { } beside)
            throw new UsageException($"--check and {beside} cannot be used together: --check only reports problems. Run bake again for "
                + $"{beside}.");
        var order = await OrderAsync(project, builds: false, tools, cancellation);
        return await new CheckRun(context, tools.Store, tools.Registry, line.Progress).RunAsync(order, cancellation);
    }

    /// <param name="builds">False for a check: it runs nothing, and needs no secrets and no creation time.</param>
    private async Task<BuildOrder> OrderAsync(
        Project project, bool builds, (Store Store, RegistryClient Registry) tools, CancellationToken cancellation)
    {
        var heading = new BuildHeading(Product.Version, "bake", project.File, project.Name);
        project = await RemoteContexts.PrepareAsync(project, tools.Store, source => line.SettingsOf(source, context), cancellation);
        if (builds)
            project = await CreatedTimes.ResolveAsync(line.Indexed(project), line.Created, context.Time.GetUtcNow(), cancellation);
        var graph = new GraphOptions
        {
            Names = line.Names,
            NoCache = line.NoCache,
            Pull = line.Pull,
            SourceDateEpoch = BuildOptions.EpochOf(context),
            LayoutReference = await new TakenImages(tools.Store, tools.Registry).PlaceLayoutsAsync(project, cancellation),
            RunSettings = source => builds ? line.SettingsOf(source, context) : line.Allowed.To(new RunSettings()),
            KeepsRest = line.Plan,
        };
        return new BuildOrder(project, graph)
        {
            Heading = heading,
            Lock = BakeLock.Find(context, project, line),
            Push = line.Push || project.Push ? line.Publication : null,
            KeepGoing = line.KeepGoing,
            Jobs = line.Jobs ?? project.Jobs ?? MachineJobs.Default,
            JobsAreLimit = (line.Jobs ?? project.Jobs) is not null,
            PlansOnly = line.Plan,
            Outputs = context.OutputsTelling(written) with { Load = line.Load },
        };
    }

    private async Task<int> PlanAsync(BuildOrder order, Store store, RegistryClient registry, CancellationToken cancellation)
    {
        ProjectPlan plan;
        var tools = context.ToolsOn(store, registry);
        await using var hosts = await NodeConnections.OpenAsync(context, tools, order, cancellation);
        await using (var progress = BuildProgress.Create(context, line.Progress))
            plan = await NodeConnections.BuilderOf(tools, hosts).PlanAsync(order, progress.Show, cancellation);
        var emulators = new Emulators(store);
        foreach (var component in plan.Components)
        {
            var siblings = string.Join(", ", component.Node.Siblings.Select(sibling => sibling.Name));
            var after = siblings.Length > 0 ? $"  after {siblings}" : "";
            await context.Out.WriteLineAsync($"{component.Name}{after}{(component.Node.Asked ? "" : "  (needed by other images)")}");
            var table = await PlanTable.RenderAsync(component.Plan, component.Preflight, emulators, hosts?.Host.Pool, context.OutWidth - 2);
            await context.Out.WriteAsync(Indented(table));
            foreach (var missing in component.Missing)
                await context.Out.WriteLineAsync($"  skips the optional platform {missing.Platform}: {missing.Reason}");
            await context.Out.WriteLineAsync();
        }
        foreach (var (name, culprit) in plan.Left)
            await context.Out.WriteLineAsync($"{name}  not planned: {(culprit is null ? "see below" : $"it needs {culprit}")}");
        var builds = plan.Components.Select(component => new AdvisedBuild(component.Name, component.Plan)).ToList();
        var advice = await new BuildAdvisor(emulators, registry, context.Time).OfAsync(builds, cancellation);
        await context.Out.WriteAsync(AdviceText.Render(advice));
        SeveralProblemsException.ThrowIfAny([.. plan.Problems, .. plan.HostProblems]);
        return 0;
    }

    private static string Indented(string table) =>
        string.Concat(table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => $"  {row}\n"));

    private IEnumerable<(string Flag, Func<Task> Write)> FilesOf(FinishedBuild outcome)
    {
        if (line.MetadataFile is { } file)
            yield return ("--metadata-file", () => File.WriteAllTextAsync(file, BuildMetadata.Write(outcome.Result!, outcome.Record.Id)));
    }

    private async Task TellAsync(CliContext told, FinishedBuild outcome)
    {
        var result = outcome.Result!;
        if (line.Progress == "quiet")
        {
            foreach (var built in result.Components.Where(component => component.Result is not null))
                await told.Out.WriteLineAsync($"{built.Name} {built.Result!.Index.Digest}");
            return;
        }
        if (line.Progress == "json")
            return;
        if (told.OutWidth is not null)
            await told.Error.WriteLineAsync();
        await told.Out.WriteAsync(BuildTable.Render(outcome.Record, told.OutWidth));
        foreach (var tag in result.Components.SelectMany(component => component.Publication?.Tags ?? []))
            await told.Out.WriteLineAsync($"pushed {tag}");
        var attached = result.Components.Select(component => component.Attached ?? AttachmentSummary.None)
            .Aggregate(AttachmentSummary.None, (sum, each) => sum + each);
        if (result.IsPublished && attached != AttachmentSummary.None)
            await Attachments.TellAsync(told, attached);
        foreach (var each in written)
            await told.Error.WriteLineAsync(each);
    }

    private async Task RollOutAsync(BuildOrder order, CancellationToken cancellation)
    {
        if (order.Project.Rollout is { } rollout && order.Push is not null)
            await new RolloutRun(context.Variable("PATH"), said => context.Error.WriteLine(said)).RunAsync(rollout, cancellation);
    }
}
