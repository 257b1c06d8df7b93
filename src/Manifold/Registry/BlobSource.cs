using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>
/// Opens a blob's bytes from an offset on. Called again where an upload has to go back; the stream is disposed by who asked.
/// </summary>
internal delegate ValueTask<Stream> BlobReader(long offset, CancellationToken cancellation);

/// <summary>Where a blob that is to be pushed can be had.</summary>
/// <param name="Store">Where it is, or where it is kept on its way. Null streams it from registry to registry; nothing is kept.</param>
/// <param name="SeenIn">Repositories that have it: those of the target's registry are asked to hand it over, the others to send it.</param>
internal sealed record BlobSource(Store? Store, ImmutableArray<ImageReference> SeenIn)
{
    /// <summary>
    /// Where set, the bytes come from here: an archive, a stream of somebody else. It must give the same bytes each time.
    /// </summary>
    public BlobReader? Reader { get; init; }

    /// <summary>False where the registry mounted the blob before, and did not have it afterwards.</summary>
    public bool MayMount { get; init; } = true;

    /// <summary>
    /// Checks whether the target has the blob by reading a byte of it; see
    /// <see cref="RegistryClient.SizeByReadingAsync(ImageReference, Descriptor, CancellationToken)"/>.
    /// </summary>
    public bool LooksByReading { get; init; }
}

/// <summary>
/// One upload's way through its blob's bytes: the stream of the piece before serves the next one, where that goes on behind it.
/// </summary>
/// <remarks>Never hands one stream to two readers: a request that is given up may still be reading. Thread-safe.</remarks>
internal sealed class BlobCursor(BlobReader open) : IAsyncDisposable
{
    private (Stream Stream, long Position)? kept;
    private readonly Lock turn = new();

    public async ValueTask<Stream> TakeAsync(long position, CancellationToken cancellation)
    {
        (Stream Stream, long Position)? found;
        lock (turn)
            (found, kept) = (kept, null);
        if (found is not { } cursor)
            return await open(position, cancellation).ConfigureAwait(false);
        if (cursor.Position == position)
            return cursor.Stream;
        await cursor.Stream.DisposeAsync().ConfigureAwait(false);
        return await open(position, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens the stream before a request is made, so that its own trouble is not taken for the target's.</summary>
    public async ValueTask SeekAsync(long position, CancellationToken cancellation) =>
        GiveBack(await TakeAsync(position, cancellation).ConfigureAwait(false), position);

    public void GiveBack(Stream stream, long position)
    {
        lock (turn)
            kept = (stream, position);
    }

    public async ValueTask DisposeAsync()
    {
        if (kept is { } cursor)
            await cursor.Stream.DisposeAsync().ConfigureAwait(false);
    }
}
