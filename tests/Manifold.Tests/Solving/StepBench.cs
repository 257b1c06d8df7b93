using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Events;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Solving;
using Manifold.Solving.Copying;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;

namespace Manifold.Tests.Solving;

/// <summary>A RUN that a test carries out: it writes its changes into a folder, and no program runs.</summary>
internal sealed class FakeSandbox(TemporaryFolder folder) : ISandbox
{
    public ConcurrentQueue<RunRequest> Requests { get; } = new();

    /// <summary>Makes the changes.</summary>
    public Action<RunRequest, string> Run { get; set; } = (_, _) => { };

    /// <summary>Completes the result.</summary>
    public Func<RunResult, RunResult> End { get; set; } = result => result;

    public Task<RunResult> RunAsync(RunRequest request, CancellationToken cancellation = default)
    {
        Requests.Enqueue(request);
        var run = folder[$"run-{Guid.NewGuid():N}"];
        var changes = Directory.CreateDirectory(Path.Combine(run, "changes")).FullName;
        Run(request, changes);
        request.OnLine?.Invoke(new LogLine(DateTimeOffset.UnixEpoch, LogStream.Output, "a line"));
        return Task.FromResult(End(new RunResult(run)
        {
            ExitCode = 0,
            ChangesFolder = changes,
            Tail = [],
            Duration = TimeSpan.FromSeconds(3),
            Emulated = false,
        }));
    }
}

/// <summary>Real steps of a real Dockerfile, done by the real step runner over a store on disk; only RUNs are played.</summary>
internal sealed class StepBench : IDisposable
{
    private readonly LayerShop shop = new();
    private readonly StepGate gate = new(RunSlots.Limited(2, TimeProvider.System));

    public StepBench()
    {
        Sandbox = new FakeSandbox(shop.Folder);
        Directory.CreateDirectory(shop.Folder["context"]);
    }

    public TemporaryFolder Folder => shop.Folder;
    public Store Store => shop.Store;
    public LayerKeeper Layers => shop.Layers;
    public FakeSandbox Sandbox { get; }
    public ConcurrentQueue<BuildEvent> Events { get; } = new();

    /// <summary>Changes the tools of the next build.</summary>
    public Func<StepTools, StepTools> With { get; set; } = tools => tools;

    /// <summary>Shows mounts the context itself, as it is for root. A copy for an ordinary user could not be root's.</summary>
    public void ShowContextAsItIs() => With = tools => tools with { Context = new AsItIs(tools.Context, Folder["context"]) };

    public string Write(string name, string content) => Folder.Write(Path.Combine("context", name), content);

    /// <summary>The image of a Dockerfile, for one platform.</summary>
    public ImagePlan Plan(string dockerfile, string platform = "linux/amd64") =>
        new Planner(DockerfileParser.Parse("Dockerfile", dockerfile).OrThrow(), new BuildRequest
        {
            ContextFolder = Folder["context"],
            Platforms = [Platform.Parse(platform)],
            BuildPlatform = Platform.Parse("linux/amd64"),
            Run = new RunSettings { AllowHostNetwork = true },
        }).Plan(new Dictionary<(ImageReference, Platform), BaseImage>()).Images[0];

    /// <summary>Solves an image as another process would that has the same store: only what is on disk is known.</summary>
    public Task<SolvedImage> SolveAsync(string dockerfile, string platform = "linux/amd64") => SolveAsync(Plan(dockerfile, platform));

    public Task<SolvedImage> SolveAsync(ImagePlan plan, LayerKeeper? layers = null, CancellationToken? cancellation = null)
    {
        layers ??= shop.NewKeeper();
        return new Solver(NewRunner(layers), layers, LayerPolicy.Default)
            .SolveAsync(plan, cancellation ?? TestContext.Current.CancellationToken);
    }

    public StepRunner NewRunner(LayerKeeper layers) => new(With(new StepTools
    {
        Layers = layers,
        Cache = shop.Cache,
        Sandbox = Sandbox,
        Gate = gate,
        Context = new ContextTree(Folder["context"], IgnoreRules.None, new FileDigests(Store, Folder["context"], TimeProvider.System)),
        OpenFolder = folder => new ContextTree(folder.Path, IgnoreRules.None, new FileDigests(Store, folder.Path, TimeProvider.System)),
        Run = new RunSettings(),
        Agents = new SshAgents(new RunSettings(), () => Store.WorkFolder),
        Caches = new CacheFolders(Store, TimeProvider.System),
        Remotes = new RemoteFiles(Store, TimeProvider.System, new RunSettings().GitCredentials),
        WorkFolder = () => Store.WorkFolder,
        Time = TimeProvider.System,
        On = Events.Enqueue,
        FileTime = 1000,
        NoCache = false,
    }));

    /// <summary>The key of the last step of a Dockerfile, and whether its result was known.</summary>
    public async Task<(Digest Key, bool Cached)> LastAsync(string dockerfile, string platform = "linux/amd64")
    {
        Events.Clear();
        await SolveAsync(dockerfile, platform);
        var last = Events.OfType<StepFinished>().Last();
        return (last.Key!.Value, last.Cached);
    }

    /// <summary>The entries that a layer's tar has.</summary>
    public async Task<ImmutableArray<LayerEntry>> EntriesAsync(PublishedLayer layer)
    {
        var table = await Layers.ContentsAsync(new ChainLayer(layer.DiffId), TestContext.Current.CancellationToken);
        return [.. table.Entries.Where(entry => !entry.Implied)];
    }

    public string Text(PublishedLayer layer, string path) =>
        new LayerReader(Store).Read(layer.Blob, layer.DiffId, entries => entries.Select(entry =>
        {
            using var reader = new StreamReader(entry.Open?.Invoke() ?? Stream.Null);
            return (entry.Path, Text: reader.ReadToEnd());
        }).ToList()).Single(entry => entry.Path == path).Text;

    public void Dispose() => shop.Dispose();

    private sealed class AsItIs(ISourceTree tree, string root) : ISourceTree
    {
        public bool Hides => tree.Hides;
        public LayerEntry? Find(string path) => tree.Find(path);
        public IEnumerable<string> Names(string folder) => tree.Names(folder);
        public IEnumerable<LayerEntry> Below(string folder) => tree.Below(folder);
        public Digest DigestOf(LayerEntry file) => tree.DigestOf(file);
        public string DescribeMissing(string source) => tree.DescribeMissing(source);
        public string? PathAsItIs(SelectedSource files) => Path.Combine(root, files.Root.Path);
    }
}
