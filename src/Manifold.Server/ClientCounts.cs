namespace Manifold.Server;

/// <summary>Counts what each client has of something. Thread-safe.</summary>
/// <param name="most">So many of one client; more are refused.</param>
internal sealed class ClientCounts(int most)
{
    private readonly Lock alone = new();
    private readonly Dictionary<string, int> counts = [];

    /// <summary>Counts one more until it is disposed. Null where the client has too many.</summary>
    public IDisposable? TryTake(string client)
    {
        lock (alone)
        {
            var count = counts.GetValueOrDefault(client);
            if (count >= most)
                return null;
            counts[client] = count + 1;
            return new Taken(this, client);
        }
    }

    private void Return(string client)
    {
        lock (alone)
        {
            if (--counts[client] == 0)
                counts.Remove(client);
        }
    }

    private sealed class Taken(ClientCounts owner, string client) : IDisposable
    {
        public void Dispose() => owner.Return(client);
    }
}
