using System.Buffers;
using System.Net;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Registry;

/// <summary>A part of a file as a request's body, read as it is sent.</summary>
internal sealed class BlobContent(string path, long begin, long length, Action<long> onSent) : HttpContent
{
    private const int PieceBytes = 128 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var file = Open();
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (var sent = 0L; sent < length;)
            {
                var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(PieceBytes, length - sent)), begin + sent);
                if (count == 0)
                    throw new ContentMismatchException($"Reading '{path}': it is shorter than its descriptor says. Pull or build the image again.");
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                sent += count;
                onSent(sent);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private SafeFileHandle Open()
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (IOException e)
        {
            // As it is, HttpClient would take it for trouble of the network.
            throw new ContentMismatchException($"Reading '{path}': {e.Message} Pull or build the image again.");
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
