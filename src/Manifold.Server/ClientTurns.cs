namespace Manifold.Server;

/// <summary>Lets each client do one thing at a time, so that many requests of one do not keep others waiting. Thread-safe.</summary>
/// <param name="mostWaiting">So many of one client wait; more are refused.</param>
internal sealed class ClientTurns(int mostWaiting)
{
    private readonly Lock alone = new();
    private readonly Dictionary<string, Queue> queues = [];

    /// <summary>Waits for the client's turn, which ends when it is disposed. Null where too many wait already.</summary>
    public async Task<IDisposable?> TryTakeAsync(string client, CancellationToken cancellation)
    {
        Queue? queue;
        lock (alone)
        {
            if (!queues.TryGetValue(client, out queue))
                queues[client] = queue = new Queue();
            if (queue.Count > mostWaiting)
                return null;
            queue.Count++;
        }
        try
        {
            await queue.Gate.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Leave(client, queue);
            throw;
        }
        return new Turn(this, client, queue);
    }

    private void Leave(string client, Queue queue)
    {
        lock (alone)
        {
            if (--queue.Count > 0)
                return;
            queues.Remove(client);
            queue.Gate.Dispose();
        }
    }

    private sealed class Queue
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
        public int Count { get; set; }
    }

    private sealed class Turn(ClientTurns owner, string client, Queue queue) : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, true))
                return;
            queue.Gate.Release();
            owner.Leave(client, queue);
        }
    }
}
