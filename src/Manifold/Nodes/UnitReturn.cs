using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Building.Units;
using Manifold.Concurrency;
using Manifold.Events;
using Manifold.Nodes.Units;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Solving.Keeping;
using Manifold.Verification;

namespace Manifold.Nodes;

/// <summary>Brings back what a unit made on a node.</summary>
/// <remarks>
/// <code>
/// documents  1  the manifest and the config of the image
/// layers     2  pushed by the node, and in each repository when we look: their facts come here, for the gate
///            3  else the blobs
/// records    4  of blobs and steps, so that this machine can reuse them
/// </code>
/// Done again after a lost connection, it goes on with what is missing.
/// </remarks>
internal sealed class UnitReturn(NodeHost host, Node node, Unit unit, BuildSession session)
{
    private readonly BlobOrigins origins = new(host.Tools.Store);

    /// <summary>The steps of the unit that are done.</summary>
    public required IReadOnlyCollection<StepFinished> Finished { get; init; }

    public required Action<BuildEvent> On { get; init; }

    /// <summary>The repositories that the node was to push to.</summary>
    public required ImmutableArray<ImageReference> PushTo { get; init; }

    /// <summary>Gets each blob with the bytes received so far.</summary>
    public required Action<Descriptor, long> Moved { get; init; }

    public async Task<bool> BringAsync(UnitResult result, CancellationToken cancellation)
    {
        // 1
        await node.FetchAsync(result.Manifest, Moved, cancellation).ConfigureAwait(false);
        var manifest = Manifest.Parse(host.Tools.Store.ReadDocument(result.Manifest.Digest));
        await node.FetchAsync(manifest.Config, Moved, cancellation).ConfigureAwait(false);
        // 2, 3
        if (result.PushProblem is { } problem)
            host.WarnOfPush(On, node.Name, PushTo, problem);
        var own = NodePush.OwnLayers(unit, result);
        await FirstFailure.WhenAllAsync(own.DistinctBy(layer => layer.Blob.Digest), Node.AtOnce, async (layer, token) =>
        {
            if (!await IsPushedAsync(result, layer, token).ConfigureAwait(false))
                await node.FetchAsync(layer.Blob, Moved, token).ConfigureAwait(false);
            return true;
        }, cancellation).ConfigureAwait(false);
        // 4
        Record(own);
        return true;
    }

    /// <summary>2. Whether all repositories have the layer, and the gate knows its facts.</summary>
    private async Task<bool> IsPushedAsync(UnitResult result, UnitLayer layer, CancellationToken cancellation)
    {
        if (PushTo.IsEmpty || !PushTo.All(target => IsClaimed(result, target, layer.Blob.Digest)))
            return false;
        foreach (var target in PushTo)
        {
            if (!await HasAsync(target, layer.Blob, cancellation).ConfigureAwait(false))
                return false;
        }
        if (!session.HasFacts(layer.DiffId) && !await LearnAsync(layer, cancellation).ConfigureAwait(false))
            return false;
        foreach (var target in PushTo)
            origins.Record(layer.Blob.Digest, target);
        return true;
    }

    private static bool IsClaimed(UnitResult result, ImageReference target, Digest blob) =>
        result.Pushed.Any(push => push.Repository == target.Name && push.Blobs.Contains(blob));

    /// <summary>Looks for ourselves: no tag may ever name content that only a node says is there.</summary>
    private async Task<bool> HasAsync(ImageReference repository, Descriptor blob, CancellationToken cancellation)
    {
        try
        {
            var size = await host.Tools.Registry.SizeOfBlobAsync(repository, blob.Digest, cancellation).ConfigureAwait(false);
            return RegistryClient.IsWhole(size, blob.Size);
        }
        catch (RegistryException)
        {
            return false; // the publication will say what is wrong
        }
    }

    private async Task<bool> LearnAsync(UnitLayer layer, CancellationToken cancellation)
    {
        if (layer.Facts is not { } blob)
            return false;
        await node.FetchAsync(blob, Moved, cancellation).ConfigureAwait(false);
        await using var stream = host.Tools.Store.Open(blob.Digest);
        if (LayerFacts.TryRead(stream) is not { } facts)
            return false;
        session.Learn(layer.DiffId, facts);
        return true;
    }

    // 4
    private void Record(ImmutableArray<UnitLayer> own)
    {
        var cache = new StepCache(host.Tools.Store, host.Time);
        foreach (var layer in own)
        {
            cache.SaveBlob(layer.DiffId, unit.Group.Request.Layers.Own, layer.Blob,
                host.Tools.Store.Contains(layer.Blob.Digest) ? null : PushTo.FirstOrDefault());
        }
        var made = own.Select(layer => layer.DiffId).ToHashSet();
        foreach (var step in Finished.Where(step => step.Key is not null && (step.DiffId is not { } diffId || made.Contains(diffId))))
        {
            cache.SaveStep(step.Key!.Value, RecordOf(step));
            if (step.ContentKey is { } content)
                cache.SaveStep(content, RecordOf(step));
            session.Note(step);
        }
    }

    private static StepRecord RecordOf(StepFinished step) => new()
    {
        DiffId = step.DiffId,
        Seconds = Math.Round(step.Duration.TotalSeconds, 3),
        Emulated = step.Emulated,
        ContentKey = step.ContentKey,
    };
}
