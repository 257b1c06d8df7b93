using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Manifold.Content;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Registry;

namespace Manifold.Building.Recording;

/// <summary>What a recorder works with.</summary>
internal sealed record RecorderTools(Store Store, RegistryClient Registry, TimeProvider Time);

/// <summary>What is known of a build before it begins.</summary>
/// <param name="Tool">The program and its version.</param>
/// <param name="Command"><c>build</c> or <c>bake</c>.</param>
/// <param name="File">The Dockerfile or project file as the user named it; null takes the plan's.</param>
/// <param name="Project">The project's name, or the name of the context's folder.</param>
internal sealed record BuildHeading(string Tool, string Command, string? File = null, string? Project = null)
{
    /// <summary>Returns the name of a request's context folder. An address may hold credentials, and gives none.</summary>
    public static string? NameOf(BuildRequest request) => request.ContextAddress is null
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.ContextFolder))) : null;
}

/// <summary>Keeps a record of a build, of one image or of many.</summary>
/// <remarks>
/// <code>
/// 1  ExpectAsync   before a component is built: what do its tags stand for now?
/// 2  Show          every event, from any thread; those of a project name their component
/// 3  Add           the outcome of each component, in any order, from any thread
/// 4  FinishAsync   everything becomes one record, which lies in the store's builds/ from then on
/// </code>
/// Recording never fails a build: what cannot be found out is left out. It reads nothing but small files of the store, and of registries
/// only manifests of the image that a tag stood for.
/// </remarks>
internal sealed class BuildRecorder
{
    private readonly RecorderTools tools;
    private readonly BuildHeading heading;
    private readonly DateTimeOffset begin;
    private readonly EventLog log;
    private readonly ConcurrentDictionary<string, RecordedPredecessor?> before = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ComponentOutcome> outcomes = new();

    public BuildRecorder(RecorderTools tools, BuildHeading heading)
    {
        (this.tools, this.heading, begin) = (tools, heading, tools.Time.GetUtcNow());
        log = new EventLog(begin);
        // In the order of their beginnings, also within a second.
        Id = string.Create(CultureInfo.InvariantCulture, $"{begin.UtcDateTime:yyyyMMdd-HHmmss-fff}{Guid.NewGuid().ToString("N")[..2]}");
    }

    /// <summary>The record's name, by which <c>manifold report</c> finds it.</summary>
    public string Id { get; }

    /// <summary>
    /// Remembers what a component's first tag stands for in the store; the registry's answer, where there is a preflight, counts more.
    /// </summary>
    public async Task ExpectAsync(string? component, IReadOnlyCollection<ImageReference> tags, CancellationToken cancellation = default)
    {
        if (tags.FirstOrDefault(tag => tag.Tag is not null) is { } first)
            before[component ?? ""] = await new Predecessor(tools.Store, null).OfAsync(first, cancellation).ConfigureAwait(false);
    }

    /// <summary>Notes an event. Thread-safe.</summary>
    public void Show(BuildEvent e) => log.Show(e);

    /// <summary>Notes what became of a component. Thread-safe.</summary>
    public void Add(ComponentOutcome outcome) => outcomes.Enqueue(outcome);

    /// <summary>Makes the record and keeps it.</summary>
    /// <param name="failure">What ended the build; null where nothing did. A failure of one component belongs to its outcome.</param>
    public async Task<BuildRecord> FinishAsync(Exception? failure, CancellationToken cancellation = default)
    {
        var end = tools.Time.GetUtcNow();
        var confidential = new Confidential();
        var arguments = outcomes.Select(outcome => (outcome.Name, Shown: outcome.Arguments.ToImmutableSortedDictionary(
            pair => pair.Key, pair => confidential.ValueOf(pair.Key, pair.Value), StringComparer.Ordinal)))
            .ToLookup(pair => pair.Name ?? "", pair => pair.Shown);
        var steps = log.Steps(Users());
        var recording = new ComponentRecording(new LayerWeights(tools.Store), confidential, steps) { NodeOf = log.NodeOf };
        var components = new List<RecordedComponent>();
        foreach (var outcome in outcomes)
        {
            var component = recording.Of(outcome, log.PlanOf(outcome.Name ?? ""));
            components.Add(component with
            {
                Arguments = arguments[outcome.Name ?? ""].First(),
                Before = await BeforeAsync(outcome, cancellation).ConfigureAwait(false),
            });
        }
        var record = new BuildRecord
        {
            Version = BuildRecord.CurrentVersion,
            Id = Id,
            Tool = heading.Tool,
            Command = heading.Command,
            Project = heading.Project,
            Machine = Platform.Host,
            File = heading.File ?? components.Select(component => component.Dockerfile).FirstOrDefault(file => file is not null) ?? "",
            Begin = begin,
            End = end,
            Outcome = OutcomeOf(failure, components),
            Failure = failure is null ? null : confidential.Text(Told(failure)),
            Components = [.. components],
            Steps = [.. steps.Select(step => step with { Name = confidential.Text(step.Name) })],
            Phases = log.Phases(),
            Transfers = log.Transfers(),
            Bases = Bases(),
            Warnings = Warnings(confidential, components),
            Advice = Advice(confidential, steps.Any(step => step.Emulated)),
        };
        Keep(record);
        return record;
    }

    internal static string Told(Exception e) => e is OperationCanceledException ? "interrupted" : e.Message;

    /// <summary>A disk that is full at the end must not turn a build that is done into one that failed.</summary>
    private void Keep(BuildRecord record)
    {
        try
        {
            tools.Store.Builds.Save(record.Id, RecordJson.Write(record));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The build is what matters; the next one says that the disk is full.
        }
    }

    private static BuildOutcome OutcomeOf(Exception? failure, List<RecordedComponent> components)
    {
        if (failure is OperationCanceledException or Publishing.PublicationFailedException { IsInterrupted: true })
            return BuildOutcome.Interrupted;
        var made = components.Count(component => component.Failure is null && component.Index is not null);
        if (made == 0 || (failure is not null && made == components.Count))
            return failure is null && components.Count == 0 ? BuildOutcome.Succeeded : BuildOutcome.Failed;
        return failure is null
            && made == components.Count
            && components.All(component => component.Platforms.All(platform => platform.Failure is null))
            ? BuildOutcome.Succeeded
            : BuildOutcome.Partly;
    }

    private Dictionary<(string, Digest), ImmutableArray<Platform>> Users()
    {
        var users = new Dictionary<(string, Digest), ImmutableArray<Platform>>();
        foreach (var name in outcomes.Select(outcome => outcome.Name ?? "").Distinct())
            foreach (var image in log.PlanOf(name)?.Images ?? [])
                foreach (var step in image.Steps)
                    users[(name, step.Digest)] = [.. users.GetValueOrDefault((name, step.Digest), []).Append(image.Platform).Distinct()];
        return users;
    }

    private async Task<RecordedPredecessor?> BeforeAsync(ComponentOutcome outcome, CancellationToken cancellation) =>
        outcome.Preflight is { Tags.IsEmpty: false } preflight
            ? await new Predecessor(tools.Store, tools.Registry).OfAsync(preflight, cancellation).ConfigureAwait(false)
            : before.GetValueOrDefault(outcome.Name ?? "");

    private ImmutableArray<RecordedBase> Bases() =>
    [
        .. outcomes.Select(outcome => outcome.Result?.Plan ?? log.PlanOf(outcome.Name ?? "")).OfType<BuildPlan>()
            .SelectMany(plan => plan.Bases)
            .DistinctBy(image => (image.Reference, image.Platform, image.Descriptor.Digest))
            .OrderBy(image => image.Reference.ToString(), StringComparer.Ordinal)
            .Select(image => new RecordedBase(image.Reference.ToString(), image.Platform, image.Descriptor.Digest, image.CompressedBytes,
                image.From)
            {
                Created = image.Config.Created is { } created && created > DateTimeOffset.UnixEpoch ? created : null,
            }),
    ];

    /// <summary>Advice on what this build did, without asking anybody: a RUN that was cached costs nothing, and gets none.</summary>
    private ImmutableArray<BuildAdvice> Advice(Confidential confidential, bool hasEmulated)
    {
        var builds = outcomes.Select(outcome => (outcome, Plan: outcome.Result?.Plan ?? log.PlanOf(outcome.Name ?? "")))
            .Where(each => each.Plan is not null).Select(each => new AdvisedBuild(each.outcome.Name ?? "", each.Plan!)).ToList();
        return [.. LocalAdvice.Of(builds, run => hasEmulated && log.RanEmulated(run)).Select(advice => advice with
        {
            Message = confidential.Text(advice.Message),
            Lines = [.. advice.Lines.Select(confidential.Text)],
        })];
    }

    /// <summary>What was told while it ran, but for what the findings say better.</summary>
    private ImmutableArray<RecordedWarning> Warnings(Confidential confidential, List<RecordedComponent> components)
    {
        var told = components.SelectMany(component => component.Findings).Select(finding => finding.Id).Distinct()
            .Select(id => $"[{id}]").ToList();
        return [.. log.Warnings().Where(warning => !told.Any(id => warning.Message.Contains(id, StringComparison.Ordinal)))
            .Select(warning => new RecordedWarning(warning.Component, confidential.Text(warning.Message)))];
    }
}
