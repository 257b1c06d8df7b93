using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Images;

/// <summary>Manifold's own store. The caller holds its shared lock.</summary>
internal sealed class StoreTarget(Store store, ImageReference name) : IImageTarget
{
    public async Task WriteAsync(
        IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress = null, CancellationToken cancellation = default)
    {
        await PlaceAsync(store, source, image, progress, cancellation).ConfigureAwait(false);
        store.Tags.Keep(image.Referrers);
        store.Tags.SetAll([.. image.Tagged.Select(tagged => (name.WithTag(tagged.Tag), tagged.Manifest)), (name, image.Top.Descriptor)]);
    }

    /// <summary>Brings an image's content into the store and names nothing.</summary>
    public static async Task PlaceAsync(
        Store store, IImageSource source, ImageParts image, IProgress<BlobPlaced>? progress, CancellationToken cancellation)
    {
        await FirstFailure.WhenAllAsync(image.Blobs, async (blob, token) =>
        {
            var there = store.SizeOf(blob.Digest) == blob.Size;
            if (!there)
                await FetchAsync(store, source, blob, token).ConfigureAwait(false);
            progress?.Report(new BlobPlaced(blob, there));
            return blob;
        }, cancellation).ConfigureAwait(false);
        foreach (var document in image.Documents)
        {
            await using var writer = store.CreateBlob(document.Descriptor.Digest);
            writer.Write(document.Bytes.Span);
            await writer.CommitAsync(document.Descriptor.MediaType, document.Descriptor, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task FetchAsync(Store store, IImageSource source, Descriptor blob, CancellationToken cancellation)
    {
        await using var content = await source.OpenBlobAsync(blob, cancellation).ConfigureAwait(false);
        if (store.SizeOf(blob.Digest) == blob.Size)
            return; // the source keeps what it fetches in the store
        await using var writer = store.CreateBlob(blob.Digest);
        await content.CopyToAsync(writer, Streaming.PieceBytes, cancellation).ConfigureAwait(false);
        await writer.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
    }
}

/// <summary>How blobs are moved.</summary>
internal static class Streaming
{
    public const int PieceBytes = 256 * 1024;
}
