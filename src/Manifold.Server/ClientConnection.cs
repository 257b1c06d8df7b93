using Microsoft.AspNetCore.Connections;

namespace Manifold.Server;

/// <summary>One connection, as <see cref="ClientConnections"/> counts it. Its state belongs to that one's lock.</summary>
internal sealed class ClientConnection(ClientConnections owner, ConnectionContext connection, WatchedTransport transport, string client)
{
    public ConnectionContext Connection => connection;
    public WatchedTransport Transport => transport;
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
        return new Worked(owner, this);
    }

    private sealed class Worked(ClientConnections owner, ClientConnection entry) : IDisposable
    {
        public void Dispose() => owner.Work(entry, -1);
    }
}
