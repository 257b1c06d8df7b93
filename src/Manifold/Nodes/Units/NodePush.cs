using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Nodes.Units;

/// <summary>Pushes the blobs of units' images from a node to the repositories that the caller names.</summary>
/// <remarks>
/// <code>
/// while a unit runs  1  each repository is asked whether it lets us in, once in a session
/// afterwards         2  the config and the layers that no base has; there, mounted or sent, then looked at
///                    3  the facts of these layers, because the caller checks the image without them
/// </code>
/// Never a manifest, and never a tag: these are the caller's. If a repository does not get everything, the caller takes the blobs.
/// Thread-safe.
/// </remarks>
internal sealed class NodePush(BuilderTools tools)
{
    private readonly PublishingTools publishing = new(tools.Store, tools.Registry, tools.Time);
    private readonly SharedWork<string, string?> repositories = new();

    /// <summary>1. Returns why a repository cannot be pushed to; null if all can.</summary>
    public async Task<string?> ProblemAsync(ImmutableArray<string> targets, CancellationToken cancellation)
    {
        foreach (var target in targets)
        {
            var problem = await repositories.GetAsync(target, stop => AskAsync(ImageReference.Parse(target), stop), cancellation)
                .ConfigureAwait(false);
            if (problem is not null)
                return problem;
        }
        return null;
    }

    /// <summary>2, 3. Returns the result with what was pushed, or with the reason why nothing was.</summary>
    public async Task<UnitResult> PushAsync(
        Unit unit, UnitResult result, BuildSession session, Action<BuildEvent> on, CancellationToken cancellation)
    {
        try
        {
            var own = OwnLayers(unit, result);
            var manifest = Manifest.Parse(tools.Store.ReadDocument(result.Manifest.Digest));
            ImmutableArray<Descriptor> blobs = [.. own.Select(layer => layer.Blob).Append(manifest.Config).DistinctBy(blob => blob.Digest)];
            foreach (var target in unit.PushTo)
                await SendAsync(target, result.Manifest, blobs, on, cancellation).ConfigureAwait(false);
            var facts = new Dictionary<Digest, Descriptor>();
            foreach (var diffId in own.Select(layer => layer.DiffId).Distinct())
                facts[diffId] =
                    await tools.Store.WriteAsync((await session.FactsAsync(diffId, cancellation).ConfigureAwait(false)).ToBytes(),
                        "application/octet-stream", cancellation).ConfigureAwait(false);
            return result with
            {
                Pushed = [.. unit.PushTo.Select(target => new UnitPush(target.Name, [.. blobs.Select(blob => blob.Digest)]))],
                Layers = [.. result.Layers.Select(layer => layer with { Facts = facts.GetValueOrDefault(layer.DiffId) })],
            };
        }
        catch (Exception e) when (e is RegistryException or LostBlobException or IOException)
        {
            return result with { PushProblem = Reason(e) };
        }
    }

    /// <summary>Sees to it that the caller can take the layers from here. A cache may have some in its registry alone.</summary>
    public async Task HaveAsync(Unit unit, UnitResult result, CancellationToken cancellation)
    {
        var missing = new MissingBlob(tools.Registry, new BlobOrigins(tools.Store), tools.Store);
        foreach (var layer in OwnLayers(unit, result))
            await missing.FetchAsync(layer.Blob, cancellation).ConfigureAwait(false);
    }

    /// <summary>The layers of an image whose blobs no base has.</summary>
    internal static ImmutableArray<UnitLayer> OwnLayers(Unit unit, UnitResult result)
    {
        var ofBases = unit.Image.Steps.OfType<BaseStep>().SelectMany(step => step.Image?.Manifest.Layers ?? [])
            .Select(layer => layer.Digest).ToHashSet();
        return [.. result.Layers.Where(layer => !ofBases.Contains(layer.Blob.Digest))];
    }

    private async Task<string?> AskAsync(ImageReference repository, CancellationToken cancellation)
    {
        var (refusal, ending) = await tools.Registry.BeginProbeAsync(repository, cancellation).ConfigureAwait(false);
        await ending.ConfigureAwait(false);
        return refusal is null ? null : Reason(refusal);
    }

    /// <summary>The reason in a few words: advice to the user of this machine helps nobody.</summary>
    private static string Reason(Exception e) =>
        e is RegistryException { Status: { } status } ? $"the registry answered {(int)status}" : e.Message;

    private async Task SendAsync(
        ImageReference repository, Descriptor manifest, ImmutableArray<Descriptor> blobs, Action<BuildEvent> on,
        CancellationToken cancellation)
    {
        await using var source = new StoreSource(tools.Store, tools.Registry, repository, manifest);
        var transfer = new BlobTransfer(publishing, source, repository, new PushEvents(on, tools.Time));
        await Parallel.ForEachAsync(blobs, Puller.ParallelOptions(tools.Registry, cancellation), async (blob, stop) =>
            await transfer.SendAsync(new BlobOrder(blob, manifest, Afresh: false, Reading: false), stop).ConfigureAwait(false))
            .ConfigureAwait(false);
    }
}
