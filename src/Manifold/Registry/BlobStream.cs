using System.Net;
using System.Net.Http.Headers;

namespace Manifold.Registry;

/// <summary>
/// A blob's bytes as they arrive from a registry; after a cut it goes on where it was, and its reader sees nothing of it.
/// </summary>
/// <remarks>
/// Ends early with an exception, never with too few bytes; the bytes themselves are not verified here. A registry that cuts again and
/// again without bringing much is given up. Source: section "Pulling blobs", Range. One reader; owns its connection and its place at the
/// host.
/// </remarks>
internal sealed class BlobStream(RegistryHost host, RegistryRequest request, long size, long offset) : Stream
{
    // An attempt that brought less than this is one without success, so that a registry which cuts at once is not asked forever.
    private const long FruitfulBytes = 1024 * 1024;

    private long position = offset;
    private long opened;
    private long skip;
    private int fruitless;
    private RegistryException? cut;
    private RegistryResponse? response;
    private WatchedBody? body;

    /// <summary>Asks for the bytes from here on, so that what the registry refuses is known before the first read.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        if (body is null && position < size)
            await host.Retrying.ExecuteAsync(async token => await RequestAsync(token).ConfigureAwait(false),
                cancellation).ConfigureAwait(false);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0 && position < size)
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (await ReadPieceAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
                    return count;
            }
            catch (RegistryException e) when (e.Retries > 0)
            {
                await CloseAsync().ConfigureAwait(false);
                fruitless = position - opened >= FruitfulBytes ? 0 : fruitless + 1;
                if (fruitless > Retries.Many)
                    throw;
                cut = e;
            }
        }
        return 0;
    }

    private async Task RequestAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref cut, null) is { } before)
            throw before; // the policy waits, as after any other try
        await CloseAsync().ConfigureAwait(false);
        var begin = position;
        var ranged = begin == 0 ? request : request with { Headers = headers => headers.Range = new RangeHeaderValue(begin, null) };
        var answer = await host.SendOnceAsync(ranged, cancellation).ConfigureAwait(false);
        skip = answer.Message.StatusCode switch
        {
            HttpStatusCode.OK => begin, // the whole again: what we have is read past
            HttpStatusCode.PartialContent when answer.Message.Content.Headers.ContentRange?.From == begin => 0,
            HttpStatusCode.PartialContent => throw Broken(answer, "sent a different range than requested."),
            _ => throw await RefusedAsync(answer, cancellation).ConfigureAwait(false),
        };
        if (answer.Message.Content.Headers.ContentLength is { } length && skip == 0 && length > size - begin)
            throw Broken(answer, $"sent more than the {size} bytes that the manifest specifies.");
        (response, opened) = (answer, begin);
        body = await host.OpenBodyAsync(request, answer.Message, cancellation).ConfigureAwait(false);
    }

    private async Task<int> ReadPieceAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var count = await body!.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        if (count == 0)
            throw host.Cut(request, $"sent only {position} of {size} bytes.");
        var known = (int)Math.Min(skip, count);
        skip -= known;
        var fresh = count - known;
        if (fresh > size - position)
            throw host.Failed(request, $"sent more than the {size} bytes that the manifest specifies.");
        buffer.Slice(known, fresh).CopyTo(buffer);
        position += fresh;
        return fresh;
    }

    private RegistryException Broken(RegistryResponse answer, string what)
    {
        answer.Dispose();
        return host.Failed(request, what);
    }

    private async Task<RegistryException> RefusedAsync(RegistryResponse answer, CancellationToken cancellation)
    {
        using (answer)
            return await host.RefusedAsync(request, answer.Message, answer.Address, cancellation).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync()
    {
        if (body is not null)
            await body.DisposeAsync().ConfigureAwait(false);
        response?.Dispose();
        (body, response) = (null, null);
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            response?.Dispose();
        (body, response) = (null, null);
        base.Dispose(disposing);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => size;
    public override long Position { get => position; set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    public override int Read(Span<byte> buffer)
    {
        var array = new byte[buffer.Length];
        var count = Read(array, 0, array.Length);
        array.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
