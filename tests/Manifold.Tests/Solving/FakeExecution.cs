using System.Collections.Concurrent;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;

namespace Manifold.Tests.Solving;

/// <summary>Steps by name, for tests of their order: they are never done by real means.</summary>
internal static class NamedSteps
{
    public static BaseStep Base(string name = "scratch", BaseImage? image = null) => new()
    {
        Digest = Digest.Of(name),
        Parent = null,
        Platform = Platform.Parse("linux/amd64"),
        Place = new Place("Dockerfile", 1, 1, 1),
        Name = name,
        Image = image,
    };

    public static WorkdirStep Step(string name, Step parent) => new()
    {
        Digest = Digest.Of(name),
        Parent = parent,
        Platform = parent.Platform,
        Place = parent.Place,
        Name = name,
        Path = "/" + name,
        Owner = "",
    };

    public static CopyStep Copy(string name, Step parent, Step? from, bool link = false) =>
        CopySteps.Of("/", "x") with
        {
            Digest = Digest.Of(name),
            Name = name,
            Parent = parent,
            From = from,
            Link = link,
        };

    public static ImagePlan Image(Step last, string platform = "linux/amd64") => new()
    {
        Platform = Platform.Parse(platform),
        Last = last,
        Config = new ImageConfig { Os = "linux", Architecture = Platform.Parse(platform).Architecture },
        History = [],
    };
}

/// <summary>Does steps as a test says, and notes what happens. A step's layer is the digest of its name.</summary>
internal sealed class FakeExecutor : IStepExecutor
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> begun = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> ended = new();

    /// <summary>What steps do, by name; the others succeed at once.</summary>
    public Dictionary<string, Func<CancellationToken, Task>> Work { get; } = [];

    /// <summary>Steps that change nothing.</summary>
    public HashSet<string> Changeless { get; } = [];

    public ConcurrentQueue<string> Log { get; } = new();

    public ConcurrentDictionary<string, StepInputs> Inputs { get; } = new();

    public Task BegunAsync(string step) => Source(begun, step).Task.WaitAsync(TestContext.Current.CancellationToken);

    public Task EndedAsync(string step) => Source(ended, step).Task.WaitAsync(TestContext.Current.CancellationToken);

    public bool StandsAlone(Step step) => step is CopyStep { Link: true };

    public int Count(string entry) => Log.Count(each => each == entry);

    public async Task<Digest?> ExecuteAsync(Step step, StepInputs inputs, CancellationToken cancellation)
    {
        Log.Enqueue("begin " + step.Name);
        Inputs[step.Name] = inputs;
        Source(begun, step.Name).TrySetResult();
        try
        {
            if (Work.TryGetValue(step.Name, out var work))
                await work(cancellation);
            Log.Enqueue("end " + step.Name);
            return Changeless.Contains(step.Name) ? null : LayerOf(step.Name);
        }
        catch (OperationCanceledException)
        {
            Log.Enqueue("cancelled " + step.Name);
            throw;
        }
        finally
        {
            Source(ended, step.Name).TrySetResult();
        }
    }

    public static Digest LayerOf(string step) => Digest.Of("layer of " + step);

    private static TaskCompletionSource Source(ConcurrentDictionary<string, TaskCompletionSource> all, string step) =>
        all.GetOrAdd(step, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Gives each layer a blob, once, as the real one does.</summary>
internal sealed class FakeBlobs(FakeExecutor executor) : ILayerBlobs
{
    public Task<Descriptor> BlobAsync(ChainLayer layer, LayerPolicy policy, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        executor.Log.Enqueue($"blob {layer.DiffId}");
        return Task.FromResult(Of(layer.DiffId));
    }

    public Task<ChainLayer> EmptyAsync(CancellationToken cancellation) => Task.FromResult(new ChainLayer(Digest.Of("empty")));

    public static Descriptor Of(Digest diffId) =>
        new() { MediaType = MediaType.LayerGzip, Digest = Digest.Of($"blob of {diffId}"), Size = 1 };
}
