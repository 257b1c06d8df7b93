using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Takes a blob's bytes in order, hashes them on the way, and puts the blob in place at once or not at all.</summary>
/// <remarks>
/// Owned by its creator: dispose it always; without <see cref="CommitAsync"/> nothing remains. The bytes lie in a temporary file on
/// the store's disk until then, so memory does not grow with the blob. Not thread-safe.
/// </remarks>
internal sealed class BlobWriter : Stream
{
    private readonly Store store;
    private readonly string temporary;
    private readonly FileStream file;
    private readonly Hasher hash;
    private bool committed;

    internal BlobWriter(Store store, string temporary, Digest? expected)
    {
        this.store = store;
        this.temporary = temporary;
        hash = expected?.CreateHasher() ?? new Hasher(HashKind.Sha256);
        file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 0,
        });
    }

    /// <summary>Bytes written so far: where a transfer that was cut goes on.</summary>
    public override long Length => written;
    private long written;

    /// <summary>Syncs the bytes and renames them into <c>blobs/</c>. Idempotent across writers: the content may be there already.</summary>
    /// <param name="mediaType">The descriptor's media type.</param>
    /// <param name="expected">What the bytes must be; null accepts them as they are.</param>
    /// <exception cref="ContentMismatchException">The bytes are not <paramref name="expected"/>; nothing is stored.</exception>
    public Task<Descriptor> CommitAsync(string mediaType, Descriptor? expected = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var digest = Digest.FromHash(hash.Finish());
        if (expected is not null && (expected.Digest != digest || expected.Size != written))
            throw new ContentMismatchException(
                $"Storing '{expected.Digest}': expected {expected.Size} bytes with this digest, "
                    + $"but received {written} bytes with the digest {digest}. Nothing was stored.");
        store.Guarded(() =>
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            store.Place(temporary, digest);
        });
        committed = true;
        return Task.FromResult(new Descriptor { MediaType = mediaType, Digest = digest, Size = written });
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var length = buffer.Length;
        try
        {
            file.Write(buffer);
        }
        catch (IOException e)
        {
            throw store.Explained(e);
        }
        hash.Append(buffer);
        written += length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Files on disk complete at once; a thread hop per chunk costs more than it hides.
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            hash.Dispose();
            if (!committed)
                File.Delete(temporary);
        }
        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Position { get => written; set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
