using System.Buffers;

namespace Manifold.Registry;

/// <summary>Reading answers: bounded, watched for stalls.</summary>
internal sealed partial class RegistryHost
{
    private const int PieceBytes = 128 * 1024;

    public Task<WatchedBody> OpenBodyAsync(RegistryRequest request, HttpResponseMessage response, CancellationToken cancellation) =>
        WatchedBody.OpenAsync(this, request, options, response, cancellation);

    /// <summary>
    /// Hands a body on piece by piece until <paramref name="sink"/> has enough. Trouble of the network is a retryable
    /// <see cref="RegistryException"/>.
    /// </summary>
    private async Task CopyBodyAsync(
        RegistryRequest request, HttpResponseMessage response, Func<ReadOnlyMemory<byte>, bool> sink, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await using var body = await OpenBodyAsync(request, response, cancellation).ConfigureAwait(false);
            while (await body.ReadAsync(buffer, cancellation).ConfigureAwait(false) is var count and > 0 && sink(buffer.AsMemory(0, count)))
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
        Failed(request, $"sent more than {Limits.DocumentBytes / 1024 / 1024} MiB for one document.");
}
