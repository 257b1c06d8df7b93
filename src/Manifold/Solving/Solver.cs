using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;
using Manifold.Solving.Steps;

namespace Manifold.Solving;

/// <summary>What a step left: the chain up to it, and whether it added a layer.</summary>
internal sealed record StepResult(ImmutableArray<ChainLayer> Chain, bool MadeLayer);

/// <summary>Works a plan off: every step once, as soon as what it needs is there, and only if its result is not known.</summary>
/// <remarks>
/// <code>
/// a platform's last step
///   1  its parents first, and what it reads from; equal steps of several platforms are one task;
///      a linked copy does not wait for its parent
///   2  key of content → cache record    hit: the chain grows by a diff id, nothing is touched
///   3  miss: copy, make or run           <see cref="IStepExecutor"/>
///   4  the target's own layers           compressed while later steps run
/// </code>
/// The first failure in an image ends its other steps and is what the caller sees. A step that another image waits for goes on: it ends
/// early only when every image that asked for it has failed or was cancelled. A failed step is done again for an image that asks later.
/// </remarks>
internal sealed class Solver(IStepExecutor executor, ILayerBlobs blobs, LayerPolicy policy)
{
    private readonly SharedWork<Digest, StepResult> results = new();

    /// <summary>One platform's layers, each with its blob.</summary>
    public async Task<SolvedImage> SolveAsync(ImagePlan image, CancellationToken cancellation)
    {
        // 4
        var exported = await FirstFailure.WhenAllAsync(image.Last.Lineage, ExportAsync, cancellation).ConfigureAwait(false);
        var (chain, _) = await ResultAsync(image.Last, cancellation).ConfigureAwait(false);
        // An image without files has a layer all the same: OCI image specification, image-manifest-schema.json, "layers", minItems.
        var isEmpty = chain.IsEmpty;
        if (isEmpty)
            chain = [await blobs.EmptyAsync(cancellation).ConfigureAwait(false)];
        var all = await FirstFailure.WhenAllAsync(chain, (layer, stop) => blobs.BlobAsync(layer, policy, stop), cancellation)
            .ConfigureAwait(false);
        var withLayer = exported.OfType<Digest>().ToImmutableHashSet();
        // Bases' layers lie below, then those of the steps that made one, in their order.
        var own = image.Last.Lineage.Where(step => withLayer.Contains(step.Digest)).ToList();
        var steps = Enumerable.Repeat(image.Last.Lineage.First(), chain.Length - own.Count).Concat(own);
        var published = chain.Zip(all, steps)
            .Select(layer => new PublishedLayer(layer.First.DiffId, layer.Second, layer.Third));
        return new SolvedImage([.. published], withLayer) { IsEmpty = isEmpty };
    }

    private async Task<Digest?> ExportAsync(Step step, CancellationToken cancellation)
    {
        var result = await ResultAsync(step, cancellation).ConfigureAwait(false);
        if (!result.MadeLayer)
            return null;
        await blobs.BlobAsync(result.Chain[^1], policy, cancellation).ConfigureAwait(false);
        return step.Digest;
    }

    private Task<StepResult> ResultAsync(Step step, CancellationToken cancellation) =>
        results.GetAsync(step.Digest, stop => SolveStepAsync(step, stop), cancellation);

    private async Task<StepResult> SolveStepAsync(Step step, CancellationToken cancellation)
    {
        if (step is BaseStep ground)
            return new StepResult(ChainOf(ground.Image), MadeLayer: false);
        // 1
        if (executor.StandsAlone(step))
            return await BesideAsync(step, cancellation).ConfigureAwait(false);
        var needed = step.ReadsFrom.Prepend(step.Parent!).DistinctBy(other => other.Digest).ToList();
        var found = await FirstFailure.WhenAllAsync(needed, ResultAsync, cancellation).ConfigureAwait(false);
        var chains = needed.Zip(found).ToImmutableDictionary(pair => pair.First.Digest, pair => pair.Second.Chain);
        var below = chains[step.Parent!.Digest];
        // 2, 3
        var layer = await executor.ExecuteAsync(step, new StepInputs(below, chains), cancellation).ConfigureAwait(false);
        return Grown(below, layer);
    }

    /// <summary>A step that depends on its sources alone goes on beside what lies below it.</summary>
    private async Task<StepResult> BesideAsync(Step step, CancellationToken cancellation)
    {
        var (below, layer) = await FirstFailure.BothAsync(stop => ResultAsync(step.Parent!, stop), MakeAsync, cancellation)
            .ConfigureAwait(false);
        return Grown(below.Chain, layer);

        async Task<Digest?> MakeAsync(CancellationToken stop)
        {
            var needed = step.ReadsFrom.DistinctBy(other => other.Digest).ToList();
            var found = await FirstFailure.WhenAllAsync(needed, ResultAsync, stop).ConfigureAwait(false);
            var chains = needed.Zip(found).ToImmutableDictionary(pair => pair.First.Digest, pair => pair.Second.Chain);
            return await executor.ExecuteAsync(step, new StepInputs([], chains), stop).ConfigureAwait(false);
        }
    }

    private static StepResult Grown(ImmutableArray<ChainLayer> below, Digest? layer) => layer is { } diffId
        ? new StepResult(below.Add(new ChainLayer(diffId)), MadeLayer: true) : new StepResult(below, MadeLayer: false);

    private static ImmutableArray<ChainLayer> ChainOf(BaseImage? image)
    {
        if (image is null)
            return [];
        if (image.Config.RootFs.DiffIds.Length != image.Manifest.Layers.Length)
            throw new ContentMismatchException($"FROM {image.Reference}: its config lists {image.Config.RootFs.DiffIds.Length} layers, "
                + $"but its manifest lists {image.Manifest.Layers.Length}. The image is broken. Get it again from its publisher.");
        return [.. image.Config.RootFs.DiffIds.Select((diffId, i) =>
            new ChainLayer(diffId, new RemoteBlob(image.Manifest.Layers[i], image.RepositoryOf(i))))];
    }
}
