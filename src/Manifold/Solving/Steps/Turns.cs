using System.Collections.Concurrent;

namespace Manifold.Solving.Steps;

/// <summary>One at a time for each key: who comes second finds what the first has left. Thread-safe.</summary>
internal sealed class Turns<TKey> where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, SemaphoreSlim> doors = new();

    /// <summary>Waits for the key's turn; disposing ends it.</summary>
    public Task<IDisposable> EnterAsync(TKey key, CancellationToken cancellation) =>
        EnterAsync(doors.GetOrAdd(key, _ => new SemaphoreSlim(1)), cancellation);

    private static async Task<IDisposable> EnterAsync(SemaphoreSlim door, CancellationToken cancellation)
    {
        await door.WaitAsync(cancellation).ConfigureAwait(false);
        return new Turn(door);
    }

    private sealed class Turn(SemaphoreSlim door) : IDisposable
    {
        public void Dispose() => door.Release();
    }
}
