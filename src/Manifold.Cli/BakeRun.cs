using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Checking;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Events;
using Manifold.Images.Outputs;
using Manifold.Nodes;
using Manifold.Planning.Advising;
using Manifold.Projects;
using Manifold.Projects.Printing;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Reporting;
using Manifold.Sandbox;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>One run of <c>manifold bake</c>: read, plan, build, publish, tell.</summary>
internal sealed class BakeRun(CliContext context, BakeCommandLine line)
{
    private readonly BuildReports reports = new(context, line.Report);
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

        var isPublished = line.Push || project.Push;
        if (line.Attachments.KeyFile is not null && !isPublished)
            line.Attachments.RequirePlace([]);
        using var key = await line.Attachments.LoadKeyAsync(context, cancellation);
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, line.Registries);
        // Until the last byte is published: what is being pushed must not be pruned.
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        if (line.Check || project.IsChecked(line.Names))
            return await new ProjectCheckRun(context, line).RunAsync(project.Unbuilt, (store, registry), cancellation);
        if (line.VerifyReproducible)
            return await new ReproducibilityRun(context, line, options).RunAsync(store, registry, cancellation);
        var heading = new BuildHeading(ProgramName.Version, "bake", project.File, project.Name);
        var recorder = new BuildRecorder(new RecorderTools(store, registry, context.Time), heading);
        await using var progress = BuildProgress.Create(context, line.Progress);
        context = progress.Context;
        void Show(BuildEvent e)
        {
            recorder.Show(e);
            progress.Show(e);
        }

        var publishing = new PublishingTools(store, registry, context.Time)
        {
            Warn = message => Show(new Warned(message) { Time = context.Time.GetUtcNow() }), Surveys = line.Plan,
        };
        var tools = new BakeTools(new BuilderTools(store, registry, context.Time, context.Variable("PATH")), new Publisher(publishing));
        var bakery = new Bakery(tools);
        var attachments = new BakeAttachments(context, line.Attachments, key, publishing);
        var request = await RequestAsync(project, tools, cancellation) with { Attach = attachments.AttachAsync };
        if (request.Push is not null && !line.Plan)
            await tools.Publisher.RecoverAsync(cancellation);
        BakePlan? plan = null;
        BakeResult? made = null, result = null;
        try
        {
            plan = await bakery.PlanAsync(request, Show, cancellation);
            if (line.Plan)
                return await ReportPlanAsync(plan, new Emulators(store), registry, progress, cancellation);
            var outputs = await BakeOutputs.PrepareAsync(new OutputTools(store, registry)
            {
                Environment = context.Environment, OpenStandardOutput = context.OpenOutput, Tell = written.Add,
                Warn = message => Show(new Warned(message) { Time = context.Time.GetUtcNow() }),
            }, plan, line.Load, cancellation);
            if (line.Attachments.AnyDocuments && !isPublished)
                line.Attachments.RequirePlace(outputs.All);
            foreach (var component in plan.Components)
                await recorder.ExpectAsync(component.Name, component.Node.Component.Tags, cancellation);
            result = await bakery.BakeAsync(request with { Made = images => made = images }, plan, Show, cancellation);
            if (!result.IsWhole)
                throw new BakeFailedException(result);
            await outputs.WriteAsync(result, attachments, cancellation);
        }
        catch (Exception e) when (!line.Plan)
        {
            foreach (var outcome in result is null ? Unfinished(project, plan, made, e) : [])
                recorder.Add(outcome);
            var failed = await FinishAsync(recorder, result, e, store, progress);
            if (progress.IsForPeople && plan is not null && RunEnd.Of(e, failed) is { } ending)
                throw ending;
            throw;
        }
        var record = await FinishAsync(recorder, result, null, store, progress);
        if (line.MetadataFile is { } file)
            await File.WriteAllTextAsync(file, BuildMetadata.Write(result, record.Id), cancellation);
        if (project.Rollout is { } rollout && request.Push is not null)
            await new RolloutRun(context.Variable("PATH"), line => context.Error.WriteLine(line)).RunAsync(rollout, cancellation);
        if (progress.IsForPeople)
            RunEnd.Write(context, RunEnd.Succeeded(record, Amounts.Count(record.Components.Length, "image")));
        return 0;
    }

    /// <summary>The images of a bake that has no result.</summary>
    /// <param name="plan">Null if it was not planned.</param>
    /// <param name="made">Null if not all images ended.</param>
    private IEnumerable<ComponentOutcome> Unfinished(Project project, BakePlan? plan, BakeResult? made, Exception e)
    {
        if (made is not null)
            return made.Components.Select(component => Outcome(component) with { Preflight = null }); // no more questions to a registry
        var failure = plan is null && Failure.Innermost(e) is not OperationCanceledException ? new NotBegunException() : null;
        return Chosen(project).Select(component =>
            new ComponentOutcome { Name = component.Name, Tags = component.Tags, Failure = failure });
    }

    /// <summary>What was asked for, as far as the project has it.</summary>
    private ImmutableArray<Component> Chosen(Project project)
    {
        try
        {
            return project.Select(line.Names);
        }
        catch (ManifoldException)
        {
            return [];
        }
    }

    /// <summary>Of what is printed, flags that change images are part, as bake has it.</summary>
    private ImmutableArray<string> Overrides() => line.Print is null ? line.Set :
    [
        .. line.Set, .. line.Push ? ["push=true"] : Array.Empty<string>(), .. line.Load ? ["load=true"] : Array.Empty<string>(),
        .. line.NoCache ? ["no-cache=true"] : Array.Empty<string>(), .. line.Pull ? ["pull=true"] : Array.Empty<string>(),
        .. line.Attachments.Overrides,
    ];

    private async Task<BakeRequest> RequestAsync(Project project, BakeTools tools, CancellationToken cancellation)
    {
        project = await RemoteContexts.PrepareAsync(project, tools.Builder.Store, source => line.SettingsOf(source, context), cancellation);
        project = await CreatedTimes.ResolveAsync(line.Indexed(project), line.Created, context.Time.GetUtcNow(), cancellation);
        var layouts = await tools.Taken.PlaceLayoutsAsync(project, cancellation);
        return new BakeRequest(project, new GraphOptions
        {
            Names = line.Names, NoCache = line.NoCache, Pull = line.Pull, SourceDateEpoch = BuildOptions.EpochOf(context), LayoutReference = layouts,
            RunSettings = source => line.SettingsOf(source, context), KeepsRest = line.Plan,
        })
        {
            Lock = BakeLock.Find(context, project, line),
            Push = line.Push || project.Push ? line.Publication : null, KeepGoing = line.KeepGoing,
            Jobs = line.Jobs ?? project.Jobs ?? MachineJobs.Default, JobsAreLimit = (line.Jobs ?? project.Jobs) is not null,
        };
    }

    private async Task<int> ReportPlanAsync(
        BakePlan plan, Emulators emulators, RegistryClient registry, BuildProgress progress, CancellationToken cancellation)
    {
        await progress.DisposeAsync();
        foreach (var component in plan.Components)
        {
            var siblings = string.Join(", ", component.Node.Siblings.Select(sibling => sibling.Name));
            var after = siblings.Length > 0 ? $"  after {siblings}" : "";
            await context.Out.WriteLineAsync($"{component.Name}{after}{(component.Node.Asked ? "" : "  (needed by other images)")}");
            var table = await PlanTable.RenderAsync(component.Plan, component.Preflight, emulators, context.OutWidth - 2);
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
        SeveralProblemsException.ThrowIfAny(plan.Problems);
        return 0;
    }

    private static string Indented(string table) => string.Concat(table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => $"  {row}\n"));

    private async Task<BuildRecord> FinishAsync(BuildRecorder recorder, BakeResult? result, Exception? failure, Store store, BuildProgress progress)
    {
        foreach (var component in result?.Components ?? [])
            recorder.Add(Outcome(component));
        var record = await recorder.FinishAsync(failure, CancellationToken.None);
        await progress.DisposeAsync();
        if (line.Progress == "quiet")
        {
            foreach (var built in (result?.Components ?? []).Where(component => component.Result is not null))
                await context.Out.WriteLineAsync($"{built.Name} {built.Result!.Index.Digest}");
        }
        else if (line.Progress != "json" && result is not null)
        {
            if (context.OutWidth is not null)
                await context.Error.WriteLineAsync();
            await context.Out.WriteAsync(BuildTable.Render(record, context.OutWidth));
            foreach (var tag in result.Components.SelectMany(component => component.Publication?.Tags ?? []))
                await context.Out.WriteLineAsync($"pushed {tag}");
            if (result.IsPublished && result.Components.Select(component => component.Attached).OfType<AttachmentSummary>().Where(each => each != new AttachmentSummary(0, 0, 0, 0)).ToList() is { Count: > 0 } attached)
                await Attachments.TellAsync(context, attached.Aggregate((sum, each) => sum + each));
            foreach (var each in written)
                await context.Error.WriteLineAsync(each);
        }
        await reports.WriteAsync(store, record, CancellationToken.None);
        return record;
    }

    private static ComponentOutcome Outcome(BakedComponent component) => new()
    {
        Name = component.Name, Result = component.Result, Tags = component.Planned.Node.Component.Tags, Preflight = component.Planned.Preflight, Published = component.Publication,
        Arguments = component.Planned.Platforms.Select(platform => platform.Node.Build?.Request.BuildArguments).FirstOrDefault(arguments => arguments is not null) ?? ImmutableSortedDictionary<string, string>.Empty,
        FailedPlatforms = component.Missing,
        OptionalPlatforms = [.. component.Planned.Node.Component.Platforms.Where(platform => platform.Optional).Select(platform => platform.Platform)],
        Failure = component.Failure,
    };
}
