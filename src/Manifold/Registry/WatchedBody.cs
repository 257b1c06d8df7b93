namespace Manifold.Registry;

/// <summary>An answer's body that neither falls silent nor trickles for ever: either counts as a cut, which is worth another try.</summary>
/// <remarks>Only the time that is spent waiting for bytes counts, so that a slow reader is not taken for a slow registry.</remarks>
internal sealed class WatchedBody : IAsyncDisposable
{
    private readonly RegistryHost host;
    private readonly RegistryRequest request;
    private readonly RegistryOptions options;
    private readonly Stream stream;
    private readonly CancellationTokenSource stalled;
    private TimeSpan waited;
    private long moved;

    private WatchedBody(RegistryHost host, RegistryRequest request, RegistryOptions options, Stream stream) =>
        (this.host, this.request, this.options, this.stream, stalled) =
            (host, request, options, stream, new(Timeout.InfiniteTimeSpan, options.Time));

    public static async Task<WatchedBody> OpenAsync(
        RegistryHost host,
        RegistryRequest request,
        RegistryOptions options,
        HttpResponseMessage response,
        CancellationToken cancellation) =>
        new(host, request, options, await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));

    /// <exception cref="RegistryException">Cut, silent, or too slow.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        using var interrupted = cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), stalled);
        var begun = options.Time.GetTimestamp();
        try
        {
            stalled.CancelAfter(options.StallTimeout);
            var count = await stream.ReadAsync(buffer, stalled.Token).ConfigureAwait(false);
            stalled.CancelAfter(Timeout.InfiniteTimeSpan);
            Account(count, options.Time.GetElapsedTime(begun));
            return count;
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw host.Cut(request, $"did not respond for {options.StallTimeout.TotalSeconds:0} s.", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw host.Cut(request, "closed the connection.", e);
        }
    }

    private void Account(int count, TimeSpan wait)
    {
        moved += count;
        waited += wait;
        if (waited < options.StallTimeout)
            return;
        if (count > 0 && moved < options.LeastBytesPerSecond * waited.TotalSeconds)
            throw host.Cut(request, $"sent only {moved} bytes in {waited.TotalSeconds:0} s.");
        (moved, waited) = (0, TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        stalled.Dispose();
    }
}
