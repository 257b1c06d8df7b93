using System.Buffers;

namespace Manifold.Registry;

/// <summary>Reading answers: bounded, watched for stalls.</summary>
internal sealed partial class RegistryHost
{
    private const int PieceBytes = 128 * 1024;

    /// <summary>Hands a body on piece by piece until <paramref name="sink"/> has enough. Trouble of the network is a retryable <see cref="RegistryException"/>.</summary>
    public async Task CopyBodyAsync(
        RegistryRequest request, HttpResponseMessage response, Func<ReadOnlyMemory<byte>, bool> sink, CancellationToken cancellation)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            while (true)
            {
                stalled.CancelAfter(options.StallTimeout);
                var count = await ReadAsync(request, stream, buffer, stalled, cancellation).ConfigureAwait(false);
                if (count == 0 || !sink(buffer.AsMemory(0, count)))
                    return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<int> ReadAsync(
        RegistryRequest request, Stream stream, byte[] buffer, CancellationTokenSource stalled, CancellationToken cancellation)
    {
        try
        {
            return await stream.ReadAsync(buffer, stalled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw Cut(request, $"was silent for {options.StallTimeout.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Cut(request, "cut the connection.", e);
        }
    }

    /// <summary>Reads a manifest, index or token whole, up to <see cref="Limits.DocumentBytes"/>.</summary>
    public async Task<byte[]> ReadDocumentAsync(RegistryRequest request, HttpResponseMessage response, CancellationToken cancellation)
    {
        using var document = new MemoryStream();
        if (response.Content.Headers.ContentLength > Limits.DocumentBytes)
            throw TooLarge(request);
        await CopyBodyAsync(request, response, piece =>
        {
            document.Write(piece.Span);
            return document.Length <= Limits.DocumentBytes;
        }, cancellation).ConfigureAwait(false);
        return document.Length <= Limits.DocumentBytes ? document.ToArray() : throw TooLarge(request);
    }

    private RegistryException TooLarge(RegistryRequest request) =>
        Failed(request, $"sends more than {Limits.DocumentBytes / 1024 / 1024} MiB where a document was expected.");
}
