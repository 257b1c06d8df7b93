using System.Net.Sockets;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>
/// A socket of our own that hands everything on to an ssh agent: so it can be a RUN's user's, and the agent's own socket stays where it is.
/// </summary>
/// <remarks>
/// It lies in a folder that only we can enter; a RUN has it by a bind mount. Made outside of any isolated thread.
/// Disposing ends all connections.
/// </remarks>
internal sealed class AgentSocket : IDisposable
{
    private const string Name = "agent";

    private readonly CancellationTokenSource stop = new();
    private readonly DirectoryHandle folder;
    private readonly Socket listener;
    private readonly string agent;

    /// <param name="place">An existing folder for this socket alone.</param>
    /// <param name="agent">The agent's socket; opened for each connection.</param>
    public AgentSocket(string place, string agent, (uint Uid, uint Gid, int Mode) rights)
    {
        (this.agent, Path) = (agent, System.IO.Path.Combine(place, Name));
        File.SetUnixFileMode(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        folder = DirectoryHandle.Open(place);
        listener = NewSocket();
        listener.Bind(new UnixDomainSocketEndPoint($"{folder.ShortPath}/{Name}"));
        folder.SetOwner(Name, rights.Uid, rights.Gid);
        folder.SetMode(Name, rights.Mode);
        listener.Listen();
        _ = AcceptAsync();
    }

    public string Path { get; }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync(stop.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The RUN is over.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var near = new NetworkStream(client, ownsSocket: true);
        using var socket = NewSocket();
        try
        {
            using var place = DirectoryHandle.Open(System.IO.Path.GetDirectoryName(agent)!);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{place.ShortPath}/{System.IO.Path.GetFileName(agent)}"),
                stop.Token).ConfigureAwait(false);
            using var far = new NetworkStream(socket);
            // Whoever ends first ends both.
            await Task.WhenAny(near.CopyToAsync(far, stop.Token), far.CopyToAsync(near, stop.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client sees a connection that ends: there is no agent.
        }
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        folder.Dispose();
        stop.Dispose();
    }
}
