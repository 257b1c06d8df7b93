using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Images.Caching;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Keeping;

namespace Manifold.Building;

/// <summary>The caches of one run: what others' builds offer to it, and what it leaves to others.</summary>
/// <remarks>
/// <code>
/// before the steps   1  ImportAsync     small documents of each place, once for the same platforms; blobs stay where they are
/// the steps          2  Note            which step came to what, by its key
/// an image           3  InlineOf        the same inside the image, where that is asked for
/// its names are set  4  ExportAsync     records and blobs to each target
/// </code>
/// Thread-safe.
/// </remarks>
internal sealed class BuildCaches(BuilderTools tools, ImportedCache imported)
{
    private readonly SharedWork<(CachePlace, string), bool> reading = new();
    private readonly ConcurrentDictionary<Digest, CachedStep> finished = new();

    /// <summary>1. Whatever is wrong with a cache is told, and stops nothing.</summary>
    public Task ImportAsync(
        CacheRequest request, ImmutableArray<Platform> platforms, Action<BuildEvent> show, CancellationToken cancellation) =>
        Task.WhenAll(request.From.Select(place =>
        {
            var reader = new CacheReader(Open(place), message => tools.Warn(show, $"--cache-from: {message}"));
            return reading.GetAsync((place, string.Join(',', platforms)), async stop =>
            {
                await reader.ReadAsync(platforms, imported, stop).ConfigureAwait(false);
                return true;
            }, cancellation);
        }));

    /// <summary>2.</summary>
    public void Note(BuildEvent e)
    {
        if (e is StepFinished { Key: { } key } done)
            finished[done.Step.Digest] = new CachedStep(key, new StepRecord
            {
                DiffId = done.DiffId,
                Seconds = Math.Round(done.Duration.TotalSeconds, 3),
                Emulated = done.Emulated,
                ContentKey = done.ContentKey,
            });
    }

    /// <summary>3. Nothing that another run would measure otherwise: the same input gives the same image.</summary>
    public string InlineOf(ImagePlan image)
    {
        var steps = StepsOf(image, all: false).Select(step => step with { Record = new StepRecord { DiffId = step.Record.DiffId } });
        return Encoding.UTF8.GetString(new CacheDocument { Steps = [.. steps] }.ToJson());
    }

    /// <summary>4.</summary>
    /// <exception cref="CacheException">A target could not be written, and was not to be ignored.</exception>
    public async Task ExportAsync(
        BuildRequest request, ImmutableArray<ImagePlan> images, LayerKeeper layers, Action<BuildEvent> show, CancellationToken cancellation)
    {
        foreach (var target in request.Cache.To)
        {
            try
            {
                var documents = new List<(Platform, CacheDocument)>();
                foreach (var image in images)
                    documents.Add((image.Platform,
                        await DocumentOfAsync(image, target, layers, target.Layers ?? request.Layers, cancellation).ConfigureAwait(false)));
                await new CacheWriter(Open(target.Place), tools.Store).WriteAsync(documents, cancellation).ConfigureAwait(false);
            }
            catch (CacheException e) when (target.IgnoreErrors)
            {
                tools.Warn(show, e.Message);
            }
        }
    }

    private async Task<CacheDocument> DocumentOfAsync(
        ImagePlan image, CacheTarget target, LayerKeeper layers, LayerPolicy policy, CancellationToken cancellation)
    {
        var steps = StepsOf(image, target.All);
        var diffIds = steps.Select(step => step.Record.DiffId).OfType<Digest>().Distinct();
        var blobs = await Task.WhenAll(diffIds.Select(async diffId => new CachedLayer(diffId, policy.Own.Name,
            await layers.BlobAsync(new ChainLayer(diffId), policy, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        var byContent = steps
            .Where(step => step.Record.ContentKey is not null)
            .Select(step => step with { Key = step.Record.ContentKey!.Value });
        var all = steps.Concat(byContent).DistinctBy(step => step.Key).OrderBy(step => step.Key);
        return new CacheDocument { Steps = [.. all], Layers = [.. blobs] };
    }

    private List<CachedStep> StepsOf(ImagePlan image, bool all) =>
        [.. (all ? image.Steps : image.Last.Lineage)
            .Select(step => finished.GetValueOrDefault(step.Digest)).OfType<CachedStep>()
            .DistinctBy(step => step.Key)
            .OrderBy(step => step.Key)];

    private ICacheStorage Open(CachePlace place) => place.Reference is { } reference
        ? new RegistryCache(tools.Registry, tools.Store, reference, tools.Time)
        : new FolderCache(tools.Store, tools.Registry, place.Folder!, place.Tag);
}
