using System.Buffers;
using System.IO.Compression;

namespace Manifold.Layers;

/// <summary>Compresses to gzip on all cores: one member for each block of the input, in order.</summary>
/// <remarks>
/// Blocks have a fixed size, so the bytes depend on the input alone and not on the cores or the sizes of the writes. RFC 1952 section 2.2
/// makes a row of members one file, and every reader of images takes it so (estargz layers are made of them). Memory: two blocks a core.
/// Disposing ends the data and leaves the target open.
/// </remarks>
internal sealed class GzipBlocksStream(Stream target, int level) : WriteOnlyStream
{
    // The members cost 0.2 to 0.3 % of size at this length; docs/decisions/0007-compression.md has the figures.
    private const int BlockBytes = 1024 * 1024;
    private readonly ZLibCompressionOptions options = new() { CompressionLevel = level };
    private readonly Queue<Task<MemoryStream>> compressing = new();
    private readonly int most = Environment.ProcessorCount * 2;
    private byte[] block = ArrayPool<byte>.Shared.Rent(BlockBytes);
    private int filled;
    private bool any, disposed;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, BlockBytes - filled);
            buffer[..count].CopyTo(block.AsSpan(filled));
            filled += count;
            buffer = buffer[count..];
            if (filled == BlockBytes)
                Enqueue();
        }
    }

    private void Enqueue()
    {
        var (full, length) = (block, filled);
        compressing.Enqueue(Task.Run(() => Compressed(full, length)));
        (block, filled, any) = (ArrayPool<byte>.Shared.Rent(BlockBytes), 0, true);
        if (compressing.Count >= most)
            WriteNext();
    }

    private MemoryStream Compressed(byte[] full, int length)
    {
        var member = new MemoryStream(length / 2);
        using (var gzip = new GZipStream(member, options, leaveOpen: true))
            gzip.Write(full, 0, length);
        ArrayPool<byte>.Shared.Return(full);
        return member;
    }

    private void WriteNext()
    {
        using var member = compressing.Dequeue().GetAwaiter().GetResult();
        target.Write(member.GetBuffer(), 0, (int)member.Length);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            if (filled > 0 || !any)
                Enqueue();
            while (compressing.Count > 0)
                WriteNext();
            ArrayPool<byte>.Shared.Return(block);
        }
        base.Dispose(disposing);
    }
}
