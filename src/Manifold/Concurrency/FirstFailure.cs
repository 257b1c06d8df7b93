using System.Runtime.ExceptionServices;

namespace Manifold.Concurrency;

/// <summary>Runs several pieces of work at once. The first failure ends the others.</summary>
internal static class FirstFailure
{
    /// <summary>Returns both results. If one fails, cancels the other, waits for it, and throws the first failure unchanged.</summary>
    public static async Task<(TFirst First, TSecond Second)> BothAsync<TFirst, TSecond>(
        Func<CancellationToken, Task<TFirst>> first, Func<CancellationToken, Task<TSecond>> second, CancellationToken cancellation)
    {
        Func<CancellationToken, Task<object?>>[] both =
        [
            async token => await first(token).ConfigureAwait(false), async token => await second(token).ConfigureAwait(false),
        ];
        var results = await WhenAllAsync(both, (work, token) => work(token), cancellation).ConfigureAwait(false);
        return ((TFirst)results[0]!, (TSecond)results[1]!);
    }

    /// <summary>
    /// Returns the results in order. If one fails, cancels the others, waits for them,
    /// and throws the first failure unchanged.
    /// </summary>
    public static async Task<TResult[]> WhenAllAsync<T, TResult>(
        IEnumerable<T> items, Func<T, CancellationToken, Task<TResult>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ExceptionDispatchInfo? first = null;
        var tasks = items.Select(async item =>
        {
            try
            {
                return await work(item, stop.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (e is not OperationCanceledException)
                    Interlocked.CompareExchange(ref first, ExceptionDispatchInfo.Capture(e), null);
                await stop.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }).ToList();
        try
        {
            return await Task.WhenAll(tasks).ConfigureAwait(false);
        }
        catch
        {
            first?.Throw();
            cancellation.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <inheritdoc cref="WhenAllAsync{T, TResult}(IEnumerable{T}, Func{T, CancellationToken, Task{TResult}}, CancellationToken)"/>
    /// <param name="atOnce">The number of items that are worked on at a time.</param>
    public static async Task<TResult[]> WhenAllAsync<T, TResult>(
        IEnumerable<T> items, int atOnce, Func<T, CancellationToken, Task<TResult>> work, CancellationToken cancellation)
    {
        using var places = new SemaphoreSlim(atOnce);
        return await WhenAllAsync(items, InTurnAsync, cancellation).ConfigureAwait(false);

        async Task<TResult> InTurnAsync(T item, CancellationToken stop)
        {
            await places.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                return await work(item, stop).ConfigureAwait(false);
            }
            finally
            {
                places.Release();
            }
        }
    }

    /// <summary>
    /// Runs the work for each number below <paramref name="count"/> on all processors. Throws the first failure as it is.
    /// </summary>
    public static void ForAll(int count, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, work);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }
}
