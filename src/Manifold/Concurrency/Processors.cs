namespace Manifold.Concurrency;

/// <summary>Work that keeps a processor busy: at most one piece for each processor of this machine at a time. Thread-safe.</summary>
internal sealed class Processors
{
    private readonly SemaphoreSlim free = new(Environment.ProcessorCount);

    /// <summary>Runs the work on another thread when a processor is free.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation) => RunAsync(() => Task.FromResult(work()), cancellation);

    /// <inheritdoc cref="RunAsync{T}(Func{T}, CancellationToken)"/>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        await free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        finally
        {
            free.Release();
        }
    }
}
