using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Solving;

/// <summary>What a step left: the chain up to it, and whether it added a layer.</summary>
public sealed record StepResult(ImmutableArray<ChainLayer> Chain, bool MadeLayer);

/// <summary>Works a plan off: every step once, as soon as what it needs is there, and only if its result is not known.</summary>
/// <remarks>
/// <code>
/// a platform's last step
///   1  its parents first, and what it reads from; equal steps of several platforms are one task; a linked copy does not wait for its parent
///   2  key of content → cache record    hit: the chain grows by a diff id, nothing is touched
///   3  miss: copy, make or run           StepRunner, one method for each kind of step
///   4  the target's own layers           compressed while later steps run
/// </code>
/// The first failure cancels the rest and is what the caller sees.
/// </remarks>
public sealed class Solver(StepRunner runner, LayerKeeper layers, LayerPolicy policy)
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task<StepResult>>> results = new();

    /// <summary>One platform's layers, each with its blob.</summary>
    public async Task<SolvedImage> SolveAsync(ImagePlan image, CancellationToken cancellation)
    {
        // 4
        var exports = image.Last.Lineage.Select(step => ExportAsync(step, cancellation)).ToList();
        await Task.WhenAll(exports).ConfigureAwait(false);
        var (chain, _) = await ResultAsync(image.Last, cancellation).ConfigureAwait(false);
        // An image without files has a layer all the same: OCI image specification, image-manifest-schema.json, "layers", minItems.
        var isEmpty = chain.IsEmpty;
        if (isEmpty)
            chain = [await layers.EmptyAsync(cancellation).ConfigureAwait(false)];
        var blobs = await Task.WhenAll(chain.Select(layer => layers.BlobAsync(layer, policy, cancellation))).ConfigureAwait(false);
        var withLayer = exports.Select(export => export.Result).OfType<Digest>().ToImmutableHashSet();
        // Bases' layers lie below, then those of the steps that made one, in their order.
        var own = image.Last.Lineage.Where(step => withLayer.Contains(step.Digest)).ToList();
        var steps = Enumerable.Repeat(image.Last.Lineage.First(), chain.Length - own.Count).Concat(own);
        var published = chain.Zip(blobs, steps)
            .Select(layer => new PublishedLayer(layer.First.DiffId, layer.Second, layer.Third));
        return new SolvedImage([.. published], withLayer) { IsEmpty = isEmpty };
    }

    private async Task<Digest?> ExportAsync(Step step, CancellationToken cancellation)
    {
        var result = await ResultAsync(step, cancellation).ConfigureAwait(false);
        if (!result.MadeLayer)
            return null;
        await layers.BlobAsync(result.Chain[^1], policy, cancellation).ConfigureAwait(false);
        return step.Digest;
    }

    private Task<StepResult> ResultAsync(Step step, CancellationToken cancellation) =>
        results.GetOrAdd(step.Digest, _ => new Lazy<Task<StepResult>>(() => SolveStepAsync(step, cancellation))).Value;

    private async Task<StepResult> SolveStepAsync(Step step, CancellationToken cancellation)
    {
        await Task.Yield(); // GetOrAdd's caller goes on; nothing below runs while it holds the Lazy
        if (step is BaseStep ground)
            return new StepResult(ChainOf(ground.Image), MadeLayer: false);
        // 1
        var below = ResultAsync(step.Parent!, cancellation);
        if (step is CopyStep copied && StepRunner.StandsAlone(copied))
            return await BesideAsync(copied, below, cancellation).ConfigureAwait(false);
        var reading = step.ReadsFrom.Select(source => (source.Digest, Result: ResultAsync(source, cancellation))).ToList();
        await Task.WhenAll(reading.Select(each => each.Result).Prepend(below)).ConfigureAwait(false); // where one fails, the others are not left behind at work
        var chain = (await below.ConfigureAwait(false)).Chain;
        var sources = new Dictionary<Digest, ImmutableArray<ChainLayer>>();
        foreach (var (source, result) in reading)
            sources[source] = (await result.ConfigureAwait(false)).Chain;
        // 2, 3
        var layer = step switch
        {
            RunStep run => await runner.RunAsync(run, chain, sources, cancellation).ConfigureAwait(false),
            CopyStep copy => await runner.CopyAsync(copy, chain, copy.From is { } source ? sources[source.Digest] : null, cancellation).ConfigureAwait(false),
            WorkdirStep workdir => await runner.MakeFolderAsync(workdir, chain, cancellation).ConfigureAwait(false),
            _ => throw new InvalidOperationException($"{step.GetType().Name} cannot be solved."),
        };
        return layer is { } diffId ? new StepResult(chain.Add(new ChainLayer(diffId)), MadeLayer: true) : new StepResult(chain, MadeLayer: false);
    }

    /// <summary>A step that depends on its sources alone goes on beside what lies below it.</summary>
    private async Task<StepResult> BesideAsync(CopyStep copy, Task<StepResult> below, CancellationToken cancellation)
    {
        var making = MakeAsync();
        await Task.WhenAll(below, making).ConfigureAwait(false);
        var (chain, layer) = ((await below.ConfigureAwait(false)).Chain, await making.ConfigureAwait(false));
        return layer is { } diffId ? new StepResult(chain.Add(new ChainLayer(diffId)), MadeLayer: true) : new StepResult(chain, MadeLayer: false);

        async Task<Digest?> MakeAsync()
        {
            ImmutableArray<ChainLayer>? from = copy.From is { } source ? (await ResultAsync(source, cancellation).ConfigureAwait(false)).Chain : null;
            return await runner.CopyAsync(copy, [], from, cancellation).ConfigureAwait(false);
        }
    }

    private static ImmutableArray<ChainLayer> ChainOf(BaseImage? image)
    {
        if (image is null)
            return [];
        if (image.Config.RootFs.DiffIds.Length != image.Manifest.Layers.Length)
            throw new ContentMismatchException($"FROM {image.Reference}: its config lists {image.Config.RootFs.DiffIds.Length} layers, "
                + $"but its manifest lists {image.Manifest.Layers.Length}. The image is broken. Get it again from its publisher.");
        return [.. image.Config.RootFs.DiffIds.Select((diffId, i) => new ChainLayer(diffId, new RemoteBlob(image.Manifest.Layers[i], image.RepositoryOf(i))))];
    }
}
