using System.Buffers;

namespace Manifold.Linux;

/// <summary>
/// Decompresses zstd frames until the source ends. Disposes the source with itself. Damage is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed unsafe class ZstdReader : ReadOnlyStream
{
    private readonly Stream source;
    private readonly byte[] input = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private nint context;
    private int start, end;
    private bool betweenFrames = true;

    /// <exception cref="HostNotReadyException">libzstd is not installed.</exception>
    public ZstdReader(Stream source)
    {
        this.source = source;
        try
        {
            context = ZstdCalls.CreateDecompressor();
        }
        catch (DllNotFoundException e)
        {
            throw ZstdCalls.Missing(e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (start == end)
                (start, end) = (0, source.Read(input, 0, input.Length));
            var atEnd = end == 0;
            if (atEnd && betweenFrames)
                return 0;
            var written = Decompress(buffer);
            if (written > 0)
                return written;
            if (atEnd && !betweenFrames)
                throw new InvalidDataException("The zstd data ends in the middle of a frame.");
        }
        return 0;
    }

    private int Decompress(Span<byte> target)
    {
        fixed (byte* bytes = input, output = target)
        {
            var from = new ZstdCalls.Buffer { Bytes = bytes, Size = (nuint)end, Position = (nuint)start };
            var to = new ZstdCalls.Buffer { Bytes = output, Size = (nuint)target.Length };
            var code = ZstdCalls.Decompress(context, &to, &from);
            if (ZstdCalls.IsError(code))
                throw new InvalidDataException($"zstd: {ZstdCalls.Describe(code)}");
            // 0: a frame is complete and all of it is written.
            betweenFrames = code == 0;
            start = (int)from.Position;
            return (int)to.Position;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (context != 0)
        {
            _ = ZstdCalls.FreeDecompressor(context);
            context = 0;
            ArrayPool<byte>.Shared.Return(input);
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
