using System.Buffers;
using System.Net;

namespace Manifold.Registry;

/// <summary>A part of a blob as a request's body, read as it is sent.</summary>
internal sealed class BlobContent(BlobCursor source, long begin, long length, Action<long> onSent) : HttpContent
{
    private const int PieceBytes = 128 * 1024;

    /// <summary>Why the bytes could not be had; HttpClient would tell it as trouble of the network.</summary>
    public ManifoldException? Trouble { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var bytes = await source.TakeAsync(begin, cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var sent = 0L;
        try
        {
            while (sent < length)
            {
                var count = await ReadAsync(
                    bytes, buffer.AsMemory(0, (int)Math.Min(PieceBytes, length - sent)), cancellationToken).ConfigureAwait(false);
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                sent += count;
                onSent(sent);
            }
            source.GiveBack(bytes, begin + sent);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (sent < length)
                await bytes.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<int> ReadAsync(Stream bytes, Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await bytes.ReadAsync(buffer, cancellation).ConfigureAwait(false) is var count and > 0 ? count
                : throw new ContentMismatchException("The blob is shorter than its descriptor specifies. Pull or build the image again.");
        }
        catch (ManifoldException e)
        {
            Trouble = e;
            throw;
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
