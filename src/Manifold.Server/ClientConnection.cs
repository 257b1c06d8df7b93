using Microsoft.AspNetCore.Connections;

namespace Manifold.Server;

/// <summary>One connection, as <see cref="ClientConnections"/> counts it. Its state belongs to that one's lock.</summary>
internal sealed class ClientConnection(ClientConnections owner, ConnectionContext connection, WatchedTransport transport, string client)
{
    public ConnectionContext Connection => connection;
    public WatchedTransport Transport => transport;
    public string Client => client;

    /// <summary>All that its client may have were at work when it came.</summary>
    internal bool IsExcess { get; set; }

    internal int Requests { get; set; }
    internal bool HasLeft { get; set; }
    internal LinkedListNode<ClientConnection>? Place { get; set; }

    /// <summary>A request begins. Dispose it when the request has its answer.</summary>
    public Request Work() => new(owner, this, owner.Work(this, 1));

    /// <param name="isExcess">The client has too many at work: this one is refused.</param>
    public sealed class Request(ClientConnections owner, ClientConnection entry, bool isExcess) : IDisposable
    {
        public bool IsExcess => isExcess;

        public void Dispose() => owner.Work(entry, -1);
    }
}
