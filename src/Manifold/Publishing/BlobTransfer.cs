using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Publishing;

/// <summary>A blob to send to a repository.</summary>
/// <param name="Manifest">The manifest that names it.</param>
/// <param name="Afresh">Asks for it although this publication has seen it there before: its manifest is missing.</param>
/// <param name="Reading">Looks by reading a byte of it.</param>
internal sealed record BlobOrder(Descriptor Blob, Descriptor Manifest, bool Afresh, bool Reading);

/// <summary>A blob that a published image needs is in no place that is known.</summary>
internal sealed class LostBlobException(BlobOrder order, ImageReference repository, RegistryException inner) : ManifoldException(
    $"push {repository.Name}: the blob {order.Blob.Digest}{Of(order.Manifest)} is missing in the repository, in the store and in every "
        + "repository that had it. Build the image again, or push it from a machine whose store has it.", inner)
{
    public override int ExitCode => 3;

    public BlobOrder Order => order;

    public ImageReference Repository => repository;

    private static string Of(Descriptor manifest) => manifest.Platform?.ToPlatform() is { Os: not "unknown" } platform ? $" of {platform}"
        : "";
}

/// <summary>
/// Brings blobs into one repository: each is there, mounted or sent, and looked at afterwards.
/// One for each publication to a repository.
/// </summary>
internal sealed class BlobTransfer(PublishingTools tools, IImageSource source, ImageReference repository,
    IProgress<TransferProgress>? progress)
{
    private readonly SharedWork<(Digest Digest, bool Afresh), bool> blobs = new();
    private readonly ConcurrentDictionary<Digest, (BlobPush Push, long Bytes)> done = new();
    private readonly BlobOrigins origins = new(tools.Store);

    public Transfers Done => new(
        done.Values.Count(blob => blob.Push is BlobPush.Uploaded), done.Values.Count(blob => blob.Push is BlobPush.Mounted),
        done.Values.Count(blob => blob.Push is BlobPush.AlreadyThere), done.Values.Where(blob => blob.Push is BlobPush.Uploaded)
            .Sum(blob => blob.Bytes));

    /// <summary>True where the blob was not there.</summary>
    /// <remarks>Images that share a blob wait for one transfer of it; it goes on while any of them waits.</remarks>
    public Task<bool> SendAsync(BlobOrder order, CancellationToken cancellation) =>
        blobs.GetAsync((order.Blob.Digest, order.Afresh), token => SendOnceAsync(order, token), cancellation);

    private async Task<bool> SendOnceAsync(BlobOrder order, CancellationToken cancellation)
    {
        var blob = order.Blob;
        // Layers that may not be redistributed are fetched from their own addresses, as Docker has it.
        if (blob.Urls is { IsEmpty: false } && !tools.Store.Contains(blob.Digest))
            return false;
        if (!order.Afresh && tools.Arrived.ContainsKey((repository.Name, blob.Digest)))
            return false;
        using var turn = await tools.Sending.EnterAsync((repository.Registry, blob.Digest), cancellation).ConfigureAwait(false);
        var outcome = await SendNowAsync(order, cancellation).ConfigureAwait(false);
        origins.Record(blob.Digest, repository);
        tools.Arrived[(repository.Name, blob.Digest)] = tools.Time.GetUtcNow();
        done[blob.Digest] = (outcome, blob.Size);
        progress?.Report(new TransferProgress(repository, blob, blob.Size, Done: true, outcome));
        return outcome is not BlobPush.AlreadyThere;
    }

    private async Task<BlobPush> SendNowAsync(BlobOrder order, CancellationToken cancellation)
    {
        var bytes = new Relay<long>(count => progress?.Report(new TransferProgress(repository, order.Blob, count, Done: false)));
        var content = SourceOf(order);
        try
        {
            var outcome = await tools.Registry.PushBlobAsync(repository, order.Blob, content, bytes, cancellation).ConfigureAwait(false);
            // A registry that mounts by its books does not see that the other repository has lost the blob.
            if (outcome is BlobPush.Mounted && !RegistryClient.IsWhole(await SizeAsync(order, cancellation).ConfigureAwait(false),
                order.Blob.Size))
                outcome = await tools.Registry.PushBlobAsync(repository, order.Blob, content with { MayMount = false }, bytes, cancellation)
                    .ConfigureAwait(false);
            else if (outcome is BlobPush.Mounted)
                return outcome;
            if (outcome is not BlobPush.AlreadyThere)
                await CheckAsync(order, cancellation).ConfigureAwait(false);
            return outcome;
        }
        catch (RegistryException e) when (e.Lost == order.Blob.Digest)
        {
            throw new LostBlobException(order, repository, e);
        }
    }

    /// <summary>
    /// The store where it has the blob; else straight from where it was seen, or from the source:
    /// nothing is kept on the way.
    /// </summary>
    private BlobSource SourceOf(BlobOrder order)
    {
        var own = source.OriginsOf(order.Blob.Digest);
        // Where the manifest is, its blobs are.
        ImmutableArray<ImageReference> seenIn = [.. own.Concat(origins.Find(order.Blob.Digest))
            .Concat(source.OriginsOf(order.Manifest.Digest)).DistinctBy(place => place.Name)];
        var content = tools.Store.Contains(order.Blob.Digest) ? new BlobSource(tools.Store, seenIn)
            : new BlobSource(null, seenIn) { Reader = own.IsEmpty ? (offset, token) => OpenAsync(order.Blob, offset, token) : null };
        return content with { LooksByReading = order.Reading };
    }

    private async ValueTask<Stream> OpenAsync(Descriptor blob, long offset, CancellationToken cancellation)
    {
        var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
        var scrap = new byte[128 * 1024];
        for (var skip = offset; skip > 0;)
        {
            var count = await content.ReadAsync(scrap.AsMemory(0, (int)Math.Min(scrap.Length, skip)), cancellation).ConfigureAwait(false);
            if (count == 0)
                break; // shorter than it says: whoever sends it finds out
            skip -= count;
        }
        return content;
    }

    private Task<long?> SizeAsync(BlobOrder order, CancellationToken cancellation) => order.Reading
        ? tools.Registry.SizeByReadingAsync(repository, order.Blob, cancellation)
        : tools.Registry.SizeOfBlobAsync(repository, order.Blob.Digest, cancellation);

    private async Task CheckAsync(BlobOrder order, CancellationToken cancellation)
    {
        var size = await tools.Registry.SizeOfSentBlobAsync(repository, order.Blob, order.Reading, cancellation).ConfigureAwait(false);
        if (!RegistryClient.IsWhole(size, order.Blob.Size))
            throw NotThere(repository, $"blob {order.Blob.Digest}", size is null ? "does not have it"
                : $"has {size} bytes of it instead of {order.Blob.Size}");
    }

    public static RegistryException NotThere(ImageReference repository, string what, string how) => new(
        $"push {repository.Name}: the registry accepted the {what}, but now {how}. No tag was written. Try again. If this "
            + "persists, the registry's storage is damaged.")
    {
        Registry = repository.Registry,
    };
}
