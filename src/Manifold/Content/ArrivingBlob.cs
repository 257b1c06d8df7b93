using Manifold.Oci;

namespace Manifold.Content;

/// <summary>A blob that is being pulled. Bytes that have arrived outlive a cut and the process; the next one goes on from there.</summary>
/// <remarks>
/// Lies under <c>partial/ALGORITHM/HEX</c>, locked by who works on it; a second process that pulls the same blob at the same time keeps
/// its own. Small blobs are not worth a resumption and are held in the process's work folder. <see cref="Prune"/> sweeps what nobody
/// came back for.
/// </remarks>
internal sealed class ArrivingBlob : IAsyncDisposable
{
    // Below this, asking again costs less than remembering.
    private const long WorthKeeping = 1024 * 1024;

    private readonly Descriptor blob;
    private readonly BlobWriter? whole;
    private readonly PartialBlob? partial;

    private ArrivingBlob(Descriptor blob, BlobWriter? whole, PartialBlob? partial) =>
        (this.blob, this.whole, this.partial) = (blob, whole, partial);

    /// <summary>Bytes that have arrived, perhaps by an earlier process.</summary>
    public long Length => whole?.Length ?? partial!.Length;

    public static ArrivingBlob Begin(Store store, Descriptor blob)
    {
        var path = PathOf(store, blob.Digest);
        if (blob.Size < WorthKeeping || PartialBlob.TryClaim(store, path) is not { } partial)
            return new(blob, store.CreateBlob(blob.Digest), null);
        if (partial.Length > blob.Size)
            partial.Clear();
        return new(blob, null, partial);
    }

    public static string PathOf(Store store, Digest digest) => Path.Combine(store.Layout.Partial.Path, digest.Algorithm, digest.Hex);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (whole is not null)
            whole.Write(bytes);
        else
            partial!.Append(bytes);
    }

    /// <summary>Puts the blob in place. False, and nothing is left, where it is not what was promised.</summary>
    public async Task<bool> TryCompleteAsync(CancellationToken cancellation)
    {
        if (partial is not null)
            return partial.TryComplete(blob.Digest);
        try
        {
            await whole!.CommitAsync(blob.MediaType, blob, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ContentMismatchException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (whole is not null)
            await whole.DisposeAsync().ConfigureAwait(false);
        if (partial is { IsCompleted: false, Length: 0 })
            partial.Abandon();
        partial?.Dispose();
    }
}
