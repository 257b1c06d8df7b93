using System.Diagnostics.CodeAnalysis;

namespace Manifold.Concurrency;

/// <summary>Work that several callers wait for and that runs once: single flight by key.</summary>
/// <remarks>
/// <code>
/// the first caller of a key     starts the work with a token of the work's own, never with the caller's
/// everybody else                waits for the same work
/// a caller is cancelled         leaves alone; when the last one leaves, the work is cancelled, and the last one waits for its end.
///                               The result that it may still have is nobody's
/// success                       is remembered, where that is asked for
/// failure                       goes to every waiting caller, and is not remembered: the next caller tries again
/// </code>
/// The work of one key never runs twice at the same time. It sees no ambient values of the caller that started it
/// (<see cref="AsyncLocal{T}"/>), because it belongs to all of them. Thread-safe. Work that waits for its own key waits forever.
/// </remarks>
/// <param name="remembers">Whether a result is kept for callers that come after the work.</param>
internal sealed class SharedWork<TKey, T>(bool remembers = true) where TKey : notnull
{
    private readonly Lock door = new();
    private readonly Dictionary<TKey, Flight> flights = [];
    private readonly Dictionary<TKey, T> results = [];

    /// <summary>
    /// The result of the key's work: a remembered one, the one that is being made,
    /// or the one that <paramref name="work"/> makes.
    /// </summary>
    /// <param name="work">Its token is cancelled only after every caller of this key was. It must end soon after that.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled,
    /// whether or not the work goes on for others.</exception>
    public async Task<T> GetAsync(TKey key, Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            Flight flight;
            bool joined, starts = false;
            lock (door)
            {
                if (results.TryGetValue(key, out var known))
                    return known;
                starts = !flights.TryGetValue(key, out flight!);
                if (starts)
                    flights[key] = flight = new Flight();
                joined = flight.TakesCallers;
                if (joined)
                    flight.Waiting++;
            }
            if (starts)
                ThreadPool.UnsafeQueueUserWorkItem(_ => _ = FlyAsync(key, flight, work), null);
            if (joined)
                return await WaitAsync(flight, cancellation).ConfigureAwait(false);
            // It is being cancelled, or was forgotten; this caller's work starts after its end.
            await flight.Ended.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the key's result is remembered, or is being made.</summary>
    public bool IsKnown(TKey key)
    {
        lock (door)
            return results.ContainsKey(key) || (flights.TryGetValue(key, out var flight) && flight.TakesCallers);
    }

    /// <summary>Returns the remembered result, without waiting for one that is being made.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out T result)
    {
        lock (door)
            return results.TryGetValue(key, out result);
    }

    /// <summary>Remembers a result that was made elsewhere. Callers that already wait for the key's work get that work's result.</summary>
    public void Remember(TKey key, T result)
    {
        lock (door)
            results[key] = result;
    }

    /// <summary>Forgets results. Work that runs goes on for those who wait for it; callers that come later get newer work.</summary>
    public void Forget(Func<TKey, bool> isOf)
    {
        lock (door)
        {
            foreach (var key in results.Keys.Where(isOf).ToList())
                results.Remove(key);
            foreach (var (_, flight) in flights.Where(pair => isOf(pair.Key)))
                flight.IsForgotten = true;
        }
    }

    private async Task FlyAsync(TKey key, Flight flight, Func<CancellationToken, Task<T>> work)
    {
        try
        {
            var result = await work(flight.Stop.Token).ConfigureAwait(false);
            // Each end comes before the waiters learn of it, so that another request finds the result or starts over.
            lock (door)
            {
                Remove(key, flight);
                if (remembers && flight.TakesCallers)
                    results[key] = result;
            }
            flight.Succeed(result);
        }
        catch (Exception e)
        {
            lock (door)
                Remove(key, flight);
            flight.Fail(e);
        }
    }

    private void Remove(TKey key, Flight flight)
    {
        flights.Remove(key);
        flight.HasEnded = true;
    }

    private async Task<T> WaitAsync(Flight flight, CancellationToken cancellation)
    {
        try
        {
            return await flight.Result.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (IsLastToLeave(flight))
            {
                // A callback of the work that throws is no reason to leave before the work has ended.
                await flight.Stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await flight.Ended.ConfigureAwait(false);
            }
            throw new OperationCanceledException(cancellation);
        }
    }

    // Work that has ended is not cancelled: its result is remembered, and may still hold the token.
    private bool IsLastToLeave(Flight flight)
    {
        lock (door)
            return flight.IsAbandoned = --flight.Waiting == 0 && !flight.HasEnded;
    }

    private sealed class Flight
    {
        private readonly TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Waiting { get; set; }
        internal bool IsAbandoned { get; set; }
        internal bool IsForgotten { get; set; }
        internal bool HasEnded { get; set; }
        internal bool TakesCallers => !IsAbandoned && !IsForgotten;

        // Not disposed: it has no timer and no parent, and a caller may cancel it after the work has ended.
        internal CancellationTokenSource Stop { get; } = new();
        internal Task<T> Result => result.Task;

        /// <summary>Completes when the work has come to any end; never fails.</summary>
        internal Task Ended => ended.Task;

        internal void Succeed(T value)
        {
            result.SetResult(value);
            ended.SetResult();
        }

        // A cancellation too: whoever waits sees its message and its cause, such as the timeout of a request.
        internal void Fail(Exception e)
        {
            result.SetException(e);
            _ = result.Task.Exception; // seen, even where all who waited have left
            ended.SetResult();
        }
    }
}
