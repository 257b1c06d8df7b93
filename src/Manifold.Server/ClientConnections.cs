using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Manifold.Server;

/// <summary>Shares the connections that the server has among its clients, so that none can take those of the others.</summary>
/// <remarks>
/// A client with too many loses the one that waits longest for a request; else the one that has stood still for longest in the midst of
/// one. Where all of them are at work, the next one is answered with 429. The same holds for the server as a whole, where the client
/// with the most connections loses one. Thread-safe.
/// </remarks>
internal sealed class ClientConnections(ServeOptions options)
{
    private readonly Lock alone = new();
    private readonly Dictionary<string, Share> shares = [];
    private int count;

    /// <summary>Around everything that a connection does, TLS too.</summary>
    public async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = new WatchedTransport(connection.Transport, options.Time);
        var entry = new ClientConnection(this, connection, transport, Client.Of((connection.RemoteEndPoint as IPEndPoint)?.Address));
        connection.Transport = transport;
        connection.Features.Set(entry);
        Enter(entry)?.Connection.Abort(new ConnectionAbortedException("Another connection takes its place."));
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
            var own = shares.GetValueOrDefault(entry.Client);
            var isFull = own?.Count >= options.ConnectionsOfOne || count >= options.Connections;
            var victim = !isFull ? null
                : own?.Count >= options.ConnectionsOfOne ? VictimIn(own)
                : shares.Values.OrderByDescending(share => share.Count).Select(VictimIn).FirstOrDefault(found => found is not null);
            if (victim is not null)
                Leave(victim);
            entry.IsExcess = isFull && victim is null;
            if (!shares.TryGetValue(entry.Client, out own))
                shares[entry.Client] = own = new Share();
            entry.Place = own.Waiting.AddLast(entry);
            count++;
            return victim;
        }
    }

    private ClientConnection? VictimIn(Share share) => share.Waiting.First?.Value
        ?? share.Working.Where(entry => entry.Transport.Still >= options.StillTime).MaxBy(entry => entry.Transport.Still);

    private void Leave(ClientConnection entry)
    {
        if (entry.HasLeft)
            return;
        entry.HasLeft = true;
        count--;
        var share = shares[entry.Client];
        share.Remove(entry);
        share.Requests -= entry.Requests;
        if (share.Count == 0)
            shares.Remove(entry.Client);
    }

    /// <summary>A request begins (1) or ends (-1). True where the client has too many: HTTP/2 has many on one connection.</summary>
    internal bool Work(ClientConnection entry, int change)
    {
        lock (alone)
        {
            entry.Requests += change;
            if (entry.HasLeft)
                return false;
            var share = shares[entry.Client];
            share.Requests += change;
            entry.IsExcess &= share.Count > options.ConnectionsOfOne || count > options.Connections; // others may have ended meanwhile
            share.Remove(entry);
            if (entry.Requests > 0)
                share.Working.Add(entry);
            else
                entry.Place = share.Waiting.AddLast(entry);
            return entry.IsExcess || share.Requests > options.ConnectionsOfOne;
        }
    }

    /// <summary>The connections of one client.</summary>
    private sealed class Share
    {
        /// <summary>Those without a request, the longest first.</summary>
        public LinkedList<ClientConnection> Waiting { get; } = new();

        public HashSet<ClientConnection> Working { get; } = [];

        /// <summary>Requests of all its connections.</summary>
        public int Requests { get; set; }

        public int Count => Waiting.Count + Working.Count;

        public void Remove(ClientConnection entry)
        {
            if (entry.Place is { } place)
                Waiting.Remove(place);
            entry.Place = null;
            Working.Remove(entry);
        }
    }
}
