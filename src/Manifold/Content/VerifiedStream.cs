using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Reads a blob and proves on the way that it is the one that was asked for.</summary>
/// <remarks>The last read throws <see cref="ContentMismatchException"/> if bytes or length differ. Without it there is no proof.</remarks>
internal sealed class VerifiedStream(Stream inner, Digest digest, long size, string origin) : Stream
{
    private readonly Hasher hash = digest.CreateHasher();
    private long position;
    private bool checkedAtEnd;

    public override int Read(Span<byte> buffer)
    {
        var count = inner.Read(buffer);
        Account(buffer[..count], buffer.Length);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Account(buffer.Span[..count], buffer.Length);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private void Account(ReadOnlySpan<byte> read, int asked)
    {
        hash.Append(read);
        position += read.Length;
        var atEnd = position == size || (read.IsEmpty && asked > 0);
        if (position > size)
            throw Mismatch($"it is larger than the {size} bytes in its descriptor");
        if (!atEnd || checkedAtEnd)
            return;
        checkedAtEnd = true;
        if (position < size)
            throw Mismatch($"it ends after {position} of {size} bytes");
        var found = Digest.FromHash(hash.Finish());
        if (found != digest)
            throw Mismatch($"its digest is {found}");
    }

    private ContentMismatchException Mismatch(string what) => new($"Reading '{digest}' from {origin}: {what}.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            hash.Dispose();
        }
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => size;
    public override long Position { get => position; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
