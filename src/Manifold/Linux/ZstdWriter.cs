using System.Buffers;

namespace Manifold.Linux;

/// <summary>
/// Compresses into one zstd frame with a checksum. Disposing ends the frame and leaves the target open.
/// One thread: the bytes do not depend on the machine.
/// </summary>
internal sealed unsafe class ZstdWriter : WriteOnlyStream
{
    private readonly Stream target;
    private readonly byte[] output = ArrayPool<byte>.Shared.Rent(128 * 1024);
    private nint context;

    /// <exception cref="HostNotReadyException">libzstd is not installed.</exception>
    public ZstdWriter(Stream target, int level)
    {
        this.target = target;
        try
        {
            context = ZstdCalls.CreateCompressor();
        }
        catch (DllNotFoundException e)
        {
            throw ZstdCalls.Missing(e);
        }
        _ = ZstdCalls.SetParameter(context, ZstdCalls.CompressionLevel, level);
        _ = ZstdCalls.SetParameter(context, ZstdCalls.ChecksumFlag, 1);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* input = buffer)
        {
            var from = new ZstdCalls.Buffer { Bytes = input, Size = (nuint)buffer.Length };
            while (from.Position < from.Size)
                Step(ref from, ZstdCalls.Continue);
        }
    }

    private nuint Step(ref ZstdCalls.Buffer from, int directive)
    {
        fixed (byte* bytes = output)
        fixed (ZstdCalls.Buffer* input = &from)
        {
            var to = new ZstdCalls.Buffer { Bytes = bytes, Size = (nuint)output.Length };
            var code = ZstdCalls.Compress(context, &to, input, directive);
            if (ZstdCalls.IsError(code))
                throw new InvalidOperationException($"zstd: {ZstdCalls.Describe(code)}");
            target.Write(output, 0, (int)to.Position);
            return code;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (context != 0)
        {
            var nothing = default(ZstdCalls.Buffer);
            while (disposing && Step(ref nothing, ZstdCalls.End) != 0)
            {
            }
            _ = ZstdCalls.FreeCompressor(context);
            context = 0;
            ArrayPool<byte>.Shared.Return(output);
        }
        base.Dispose(disposing);
    }
}
