using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Snapshots;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Verification;

namespace Manifold;

/// <summary>What all builds of one run share: each layer in each form once, each step's work once, and one limit for all.</summary>
/// <remarks>Thread-safe. The caller holds the store's shared lock for as long as it is in use.</remarks>
/// <param name="fileTime">What files are stamped with, in seconds since 1970; the same for every build of the session.</param>
/// <param name="jobs">How many RUNs work at a time, and how many processors compress.</param>
public sealed class BuildSession(BuilderTools tools, long fileTime, int jobs, Action<BuildEvent> on)
{
    private readonly SnapshotStore snapshots = new(tools.Store, tools.Time);
    private readonly StepCache cache = new(tools.Store, tools.Time);
    private readonly CensusCache censuses = new(tools.Store);
    private readonly Emulators emulators = new(tools.Store);
    private readonly OciRuntimes runtimes = new(tools.Store, tools.SearchPath);
    private readonly StepGate gate = new(jobs);
    private LayerKeeper? keeper;
    private RunSandbox? sandbox;

    /// <summary>What this run knows of layers.</summary>
    public LayerKeeper Layers => LazyInitializer.EnsureInitialized(ref keeper, () =>
        new LayerKeeper(new LayerTools(tools.Store, snapshots, cache, tools.Registry, tools.Time), fileTime, on) { Watch = censuses.Watch });

    private RunSandbox Sandbox => LazyInitializer.EnsureInitialized(ref sandbox, () => new RunSandbox(snapshots, runtimes, emulators, tools.Time));

    /// <summary>Can this machine run what is planned? Asked before any work.</summary>
    /// <exception cref="HostNotReadyException">No OCI runtime, or no emulator.</exception>
    public async Task RequireHostAsync(IEnumerable<Step> steps)
    {
        var platforms = steps.OfType<RunStep>().Select(step => step.Platform).Distinct().ToList();
        if (platforms.Count > 0)
            await runtimes.FindAsync().ConfigureAwait(false);
        await Task.WhenAll(platforms.Select(platform => emulators.RequireAsync(platform))).ConfigureAwait(false);
    }

    /// <summary>Copies and runs what the cache does not know, and puts each platform's image together.</summary>
    /// <param name="mayFail">Asked when a platform's work failed; false ends the whole. A platform that may fail is missing from the result.</param>
    public async Task<ImmutableArray<BuiltImage>> SolveAsync(
        BuildRequest request, BuildPlan plan, Func<ImagePlan, Exception, bool> mayFail, Action<BuildEvent> show, CancellationToken cancellation)
    {
        Layers.WillUnpack(LayersUnderRuns(plan));
        var digests = new FileDigests(tools.Store, request.ContextFolder, tools.Time);
        var runner = new StepRunner(new StepTools
        {
            Layers = Layers, Cache = cache, Sandbox = Sandbox, Gate = gate,
            Context = new ContextTree(request.ContextFolder, BuildFiles.IgnoreRulesOf(request), digests, request.ContextName),
            OpenFolder = folder => new ContextTree(folder.Path, BuildFiles.IgnoreRulesOf(folder), new FileDigests(tools.Store, folder.Path, tools.Time)),
            Run = request.Run, Caches = new CacheFolders(tools.Store, tools.Time),
            Remotes = new RemoteFiles(tools.Store, tools.Time), WorkFolder = () => tools.Store.WorkFolder, Time = tools.Time, On = show, FileTime = plan.FileTime, NoCache = request.NoCache,
        });
        var solver = new Solver(runner, Layers);
        var assembler = new ImageAssembler(tools.Store, plan.FileTime, request.Annotations);
        var images = await FirstFailure.WhenAllAsync(plan.Images, async (image, token) =>
        {
            try
            {
                var built = await assembler.AssembleAsync(image, await solver.SolveAsync(image, token).ConfigureAwait(false), token).ConfigureAwait(false);
                show(new ImageMade(built.Platform, built.Manifest, built.CompressedBytes) { Time = tools.Time.GetUtcNow() });
                return built;
            }
            catch (Exception e) when (e is not OperationCanceledException && mayFail(image, e))
            {
                return null;
            }
        }, cancellation).ConfigureAwait(false);
        digests.Save();
        return [.. images.OfType<BuiltImage>()];
    }

    /// <summary>One index over the platforms' images, in their order.</summary>
    public Task<Descriptor> AssembleIndexAsync(IReadOnlyList<BuiltImage> images, ImmutableArray<Annotation> annotations, CancellationToken cancellation) =>
        new ImageAssembler(tools.Store, fileTime, annotations).AssembleIndexAsync(images, cancellation);

    /// <summary>The gate: does each image start on its platform? What it found is the report's; refusing is the caller's.</summary>
    public async Task<GateReport?> VerifyAsync(BuildResult built, VerificationPolicy policy, Action<BuildEvent> show, CancellationToken cancellation)
    {
        if (policy.Mode == GateMode.Off)
            return null;
        var began = tools.Time.GetTimestamp();
        var report = await new BuildGate(Layers, censuses, policy).CheckAsync(built.Plan, built.Images, built.Index, cancellation).ConfigureAwait(false);
        show(new Verified(report.Platforms.Length, report.Count(FindingSeverity.Error), report.Count(FindingSeverity.Warning), tools.Time.GetElapsedTime(began)) { Time = tools.Time.GetUtcNow() });
        foreach (var finding in report.Findings.Where(finding => finding.Severity > FindingSeverity.Note && !policy.Refuses(finding.Severity)))
            show(new Warned(GateText.Line(finding)) { Time = tools.Time.GetUtcNow() });
        return report;
    }

    /// <summary>Starts each platform's entrypoint, natively or emulated.</summary>
    public Task<GateReport> SmokeAsync(IImageSource source, GateReport report, RunOptions options, CancellationToken cancellation) =>
        new SmokeRun(snapshots, Sandbox, emulators).RunAsync(source, report, options, cancellation);

    private static IEnumerable<Digest> LayersUnderRuns(BuildPlan plan) =>
        plan.Steps.OfType<RunStep>().SelectMany(step => step.Lineage.Concat(step.ReadsFrom.SelectMany(source => source.Lineage))).OfType<BaseStep>().SelectMany(ground => ground.Image?.Config.RootFs.DiffIds ?? []);
}
