using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Manifold.Server;

/// <summary>Shares the connections that the server has among its clients, so that none can take those of the others.</summary>
/// <remarks>
/// A client with too many loses the one that waits longest for a request; where each of its connections is at work, the next one is answered
/// with 429. The same holds for the server as a whole, where the client with the most connections loses one. Thread-safe.
/// </remarks>
internal sealed class ClientConnections(int most, int mostOfOne)
{
    private readonly Lock alone = new();
    private readonly Dictionary<string, Share> shares = [];
    private int count;

    /// <summary>Around everything that a connection does, TLS too.</summary>
    public async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var entry = new ClientConnection(this, connection, Client.Of((connection.RemoteEndPoint as IPEndPoint)?.Address));
        connection.Features.Set(entry);
        Enter(entry)?.Connection.Abort(new ConnectionAbortedException("Another connection needs its place."));
        try
        {
            await next(connection);
        }
        finally
        {
            lock (alone)
                Leave(entry);
        }
    }

    /// <summary>Counts it, and returns the connection that must go for it.</summary>
    private ClientConnection? Enter(ClientConnection entry)
    {
        lock (alone)
        {
            if (!shares.TryGetValue(entry.Client, out var own))
                shares[entry.Client] = own = new Share();
            Share? full = own.Count >= mostOfOne ? own
                : count >= most ? shares.Values.Where(share => share.Waiting.Count > 0).MaxBy(share => share.Count) ?? own
                : null;
            var victim = full?.Waiting.First?.Value;
            if (victim is not null)
                Leave(victim);
            entry.IsExcess = full is not null && victim is null;
            entry.Place = own.Waiting.AddLast(entry);
            own.Count++;
            count++;
            shares[entry.Client] = own; // the victim may have been its last one
            return victim;
        }
    }

    private void Leave(ClientConnection entry)
    {
        if (entry.HasLeft)
            return;
        entry.HasLeft = true;
        var share = shares[entry.Client];
        Remove(share, entry);
        count--;
        if (--share.Count == 0)
            shares.Remove(entry.Client);
    }

    private static void Remove(Share share, ClientConnection entry)
    {
        if (entry.Place is { } place)
            share.Waiting.Remove(place);
        entry.Place = null;
    }

    /// <summary>A request begins (1) or ends (-1): a connection that works is not closed for another.</summary>
    internal void Work(ClientConnection entry, int change)
    {
        lock (alone)
        {
            entry.Requests += change;
            if (entry.HasLeft)
                return;
            var share = shares[entry.Client];
            entry.IsExcess &= share.Count > mostOfOne || count > most; // others may have ended meanwhile
            Remove(share, entry);
            if (entry.Requests == 0)
                entry.Place = share.Waiting.AddLast(entry);
        }
    }

    private sealed class Share
    {
        public LinkedList<ClientConnection> Waiting { get; } = new(); // longest first
        public int Count { get; set; }
    }
}

/// <summary>One connection, as <see cref="ClientConnections"/> counts it. Its state belongs to that one's lock.</summary>
internal sealed class ClientConnection(ClientConnections owner, ConnectionContext connection, string client)
{
    public ConnectionContext Connection => connection;
    public string Client => client;

    /// <summary>All that its client may have are at work: its requests are refused.</summary>
    public bool IsExcess { get; internal set; }

    internal int Requests { get; set; }
    internal bool HasLeft { get; set; }
    internal LinkedListNode<ClientConnection>? Place { get; set; }

    /// <summary>Dispose it when the request has its answer.</summary>
    public IDisposable Work()
    {
        owner.Work(this, 1);
        return new Worked(this);
    }

    private sealed class Worked(ClientConnection entry) : IDisposable
    {
        public void Dispose() => entry.owner.Work(entry, -1);
    }

    private readonly ClientConnections owner = owner;
}
