using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Building.Units;
using Manifold.Content;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Sandbox;
using Manifold.Snapshots;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;
using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Building;

/// <summary>What all builds of one run share: each layer in each form once, each step's work once, and one limit for all.</summary>
/// <remarks>Thread-safe. The caller holds the store's shared lock for as long as it is in use.</remarks>
/// <param name="fileTime">What files are stamped with, in seconds since 1970; the same for every build of the session.</param>
/// <param name="slots">How many RUNs work at a time; sessions may share them.</param>
internal sealed class BuildSession(BuilderTools tools, long fileTime, RunSlots slots, Action<BuildEvent> on)
{
    // Each unpacked context is in a new folder. One name for all of them, so that records do not pile up.
    private const string FromElsewhere = "contexts of other machines";

    private readonly SnapshotStore snapshots = new(tools.Store, tools.Time);
    private readonly StepCache cache = new(tools.Store, tools.Time);
    private readonly CensusCache censuses = new(tools.Store);
    private readonly Emulators emulators = new(tools.Store, remembers: true);
    private readonly OciRuntimes runtimes = new(tools.Store, tools.SearchPath);
    private readonly RunNetworks networks = new(tools.Store, tools.SearchPath);
    private readonly StepGate gate = new(slots);
    private int toldOfNetwork;
    private BuildCaches? caches;
    private LayerKeeper? keeper;
    private RunSandbox? sandbox;

    /// <summary>What this run knows of layers.</summary>
    public LayerKeeper Layers => LazyInitializer.EnsureInitialized(ref keeper, () =>
        new LayerKeeper(new LayerTools(tools.Store, snapshots, cache, tools.PullBlob ?? Pull, tools.Time) { Has = HasAsync }, fileTime, on)
        {
            Watch = censuses.Watch,
        });

    /// <summary>This machine as the host of RUNs.</summary>
    internal LocalHost Host => new(emulators, runtimes);

    private BuildCaches Caches => LazyInitializer.EnsureInitialized(ref caches, () => new BuildCaches(tools, cache.Imported));

    private RunSandbox Sandbox =>
        LazyInitializer.EnsureInitialized(ref sandbox, () => new RunSandbox(snapshots, runtimes, emulators, networks, tools.Time));

    /// <summary>Opens a group of units: imports the caches that it names, and prepares its steps.</summary>
    internal async Task<GroupBuild> OpenAsync(UnitGroup group, Action<BuildEvent> show, CancellationToken cancellation)
    {
        var (request, plan) = (group.Request, group.Plan);
        await TellOfNetworkAsync(plan).ConfigureAwait(false);
        await Caches.ImportAsync(request.Cache, [.. plan.Images.Select(image => image.Platform)], show, cancellation).ConfigureAwait(false);
        Layers.WillUnpack(LayersUnderRuns(plan));
        var digests = new FileDigests(tools.Store, request.Unpacked is null ? request.ContextFolder : FromElsewhere, tools.Time);
        var agents = new SshAgents(request.Run, () => tools.Store.WorkFolder);
        var runner = new StepRunner(new StepTools
        {
            Layers = Layers,
            Cache = cache,
            Sandbox = Sandbox,
            Gate = gate,
            Context = new ContextTree(request.ContextFolder, BuildFiles.IgnoreRulesOf(request), digests, request.ContextName),
            OpenFolder = folder => OpenFolder(request, folder),
            Run = request.Run,
            Agents = agents,
            Caches = new CacheFolders(tools.Store, tools.Time),
            Remotes = new RemoteFiles(tools.Store, tools.Time, request.Run.GitCredentials),
            WorkFolder = () => tools.Store.WorkFolder,
            Time = tools.Time,
            On = e => { Caches.Note(e); show(e); },
            FileTime = plan.FileTime,
            NoCache = request.NoCache,
            NoCacheFilter = request.NoCacheFilter,
            Hostname = request.RunHostname,
        });
        var assembler = new ImageAssembler(tools.Store, request.Created ?? plan.FileTime, request.Annotations);
        var solver = new Solver(runner, Layers, request.Layers);
        return new GroupBuild(solver, assembler, plan.Images.Length, digests, agents)
        {
            InlineCache = image => request.Cache.Inline ? Caches.InlineOf(image) : null,
        };
    }

    private Task Pull(RemoteBlob remote, IProgress<long> progress, CancellationToken cancellation) =>
        tools.Registry.PullBlobAsync(remote.Repository, remote.Descriptor, tools.Store, progress, cancellation);

    private async Task<bool> HasAsync(RemoteBlob remote, CancellationToken cancellation)
    {
        try
        {
            return await tools.Registry.HasBlobAsync(remote.Repository, remote.Descriptor.Digest, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException)
        {
            return false;
        }
    }

    private ContextTree OpenFolder(BuildRequest request, FolderSource folder)
    {
        var (place, rules) = request.Unpacked?.Named.GetValueOrDefault(folder.Path) is { } unpacked
            ? (unpacked.Path, unpacked.Rules)
            : (folder.Path, BuildFiles.IgnoreRulesOf(folder));
        return new ContextTree(place,
            rules, new FileDigests(tools.Store, request.Unpacked is null ? place : FromElsewhere, tools.Time), folder.Path);
    }

    /// <summary>Warns, once for all builds of the session that have a RUN.</summary>
    private async Task TellOfNetworkAsync(BuildPlan plan)
    {
        if (!RunNetworkWarnings.Matter(plan.Steps))
            return;
        var access = await networks.FindAsync().ConfigureAwait(false);
        foreach (var message in RunNetworkWarnings.Of(plan.Steps, access))
        {
            if (access.Kind != NetworkKind.Machine || Interlocked.Exchange(ref toldOfNetwork, 1) == 0)
                tools.Warn(on, message);
        }
    }

    /// <summary>Does work again where a layer that a cache promised is gone or is another one: its step is done here then.</summary>
    public async Task<T> DespiteCachesAsync<T>(Func<Task<T>> work, Action<BuildEvent> show)
    {
        var mended = new HashSet<Digest>();
        while (true)
        {
            try
            {
                return await work().ConfigureAwait(false);
            }
            catch (CacheDamagedException e) when (mended.Add(e.DiffId))
            {
                tools.Warn(show, $"{e.Message.TrimEnd('.')}. Building it here instead.");
                Layers.Forget(e.DiffId);
                censuses.Forget(e.DiffId);
            }
        }
    }

    /// <summary>Notes what a step that was done elsewhere came to, for the caches that are exported.</summary>
    internal void Note(BuildEvent e) => Caches.Note(e);

    /// <summary>Whether the gate can check an image with this layer without the layer itself.</summary>
    internal bool HasFacts(Digest diffId) => Layers.HasContents(diffId) && censuses.Has(diffId);

    /// <summary>Returns the facts of a layer that a step made. Reads the layer if they are not known.</summary>
    internal async Task<LayerFacts> FactsAsync(Digest diffId, CancellationToken cancellation)
    {
        var layer = new ChainLayer(diffId);
        var contents = await Layers.ContentsAsync(layer, cancellation).ConfigureAwait(false);
        return new LayerFacts(contents, await censuses.GetOrTakeAsync(
            diffId, stop => Layers.ReadAsync(layer, LayerCensus.Of, stop), cancellation).ConfigureAwait(false));
    }

    /// <summary>Keeps the facts of a layer that is elsewhere.</summary>
    internal void Learn(Digest diffId, LayerFacts facts)
    {
        Layers.KnowContents(diffId, facts.Contents);
        censuses.Put(diffId, facts.Census);
    }

    /// <summary>Leaves what was found out to other builds, where that is asked for.</summary>
    public Task ExportCacheAsync(
        BuildRequest request, ImmutableArray<ImagePlan> images, Action<BuildEvent> show, CancellationToken cancellation) =>
        Caches.ExportAsync(request, images, Layers, show, cancellation);

    /// <summary>
    /// The image's top: one index over the platforms' images, in their order;
    /// or the only one's manifest where no index is wanted.
    /// </summary>
    public Task<Descriptor> AssembleTopAsync(
        IReadOnlyList<BuiltImage> images, ImmutableArray<Annotation> annotations, bool withoutIndex, CancellationToken cancellation)
    {
        var assembler = new ImageAssembler(tools.Store, fileTime, annotations);
        return withoutIndex ? Task.FromResult(assembler.WithoutIndex(images.Single())) : assembler.AssembleIndexAsync(images, cancellation);
    }

    /// <summary>The gate: does each image start on its platform? What it found is the report's; refusing is the caller's.</summary>
    public async Task<GateReport?> VerifyAsync(
        BuildResult built, VerificationPolicy policy, Action<BuildEvent> show, CancellationToken cancellation)
    {
        if (policy.Mode == GateMode.Off)
            return null;
        var began = tools.Time.GetTimestamp();
        var report = await new BuildGate(Layers, censuses, policy)
            .CheckAsync(built.Plan, built.Images, built.Index, cancellation).ConfigureAwait(false);
        show(new Verified(report.Platforms.Length, report.Count(FindingSeverity.Error),
            report.Count(FindingSeverity.Warning), tools.Time.GetElapsedTime(began))
        {
            Time = tools.Time.GetUtcNow(),
        });
        foreach (var finding in report.Findings.Where(finding => finding.Severity > FindingSeverity.Note
            && !policy.Refuses(finding.Severity) && !built.Plan.Told.Contains(finding.Id)))
            tools.Warn(show, GateText.Line(finding));
        return report;
    }

    /// <summary>Starts each platform's entrypoint, natively or emulated.</summary>
    public async Task<GateReport> SmokeAsync(IImageSource source, GateReport report, RunOptions options, CancellationToken cancellation)
    {
        await runtimes.FindAsync().ConfigureAwait(false); // before layers are unpacked
        return await new SmokeRun(snapshots, Sandbox, emulators).RunAsync(source, report, options, cancellation).ConfigureAwait(false);
    }

    private static IEnumerable<Digest> LayersUnderRuns(BuildPlan plan) =>
        plan.Steps.OfType<RunStep>()
            .SelectMany(step => step.Lineage.Concat(step.ReadsFrom.SelectMany(source => source.Lineage))).OfType<BaseStep>()
            .SelectMany(ground => ground.Image?.Config.RootFs.DiffIds ?? []);
}
