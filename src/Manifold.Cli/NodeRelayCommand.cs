using System.CommandLine;
using System.Net.Sockets;
using Manifold.Linux;
using Manifold.Nodes;

namespace Manifold.Cli;

/// <summary><c>manifold node-relay</c>: joins standard input and output to the server of a session on this node.</summary>
/// <remarks>Starts the server if none runs. The server goes on when the connection, and so the relay, ends.</remarks>
internal static class NodeRelayCommand
{
    public static Command Create(CliContext context)
    {
        var session = new Argument<string>("SESSION");
        var folder = new Option<string>("--folder") { Required = true };
        var ownStore = new Option<bool>("--own-store");
        var command = new Command("node-relay", "Connect another machine's build to its session.") { session, folder, ownStore };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            var place = Path.GetFullPath(parsed.GetRequiredValue(folder));
            var path = NodeSessions.Enter(place, parsed.GetRequiredValue(session));
            using var socket = await ConnectAsync(path, [
                NodeServeCommand.Name, parsed.GetRequiredValue(session), "--folder", place,
                .. parsed.GetValue(ownStore) ? ["--own-store"] : Array.Empty<string>(),
            ], cancellation);
            await RelayAsync(context, socket, cancellation);
            return 0;
        });
        return command;
    }

    private static async Task<Socket> ConnectAsync(string path, string[] server, CancellationToken cancellation)
    {
        if (await TryConnectAsync(path, cancellation) is { } running)
            return running;
        if (await DetachedProcess.StartAsync(Environment.ProcessPath!, server, NodeServeCommand.Ready, cancellation) is { } failure)
            throw new HostNotReadyException(failure);
        return await TryConnectAsync(path, cancellation)
            ?? throw new HostNotReadyException("The server of the session ended at once.");
    }

    private static async Task<Socket?> TryConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static async Task RelayAsync(CliContext context, Socket socket, CancellationToken cancellation)
    {
        await using var server = new NetworkStream(socket);
        await using var input = context.OpenInput();
        await using var output = context.OpenOutput();
        await output.WriteAsync(System.Text.Encoding.UTF8.GetBytes(SshNode.RelayMark + "\n"), cancellation);
        await output.FlushAsync(cancellation);
        // The first end of either direction ends both: half a connection is of no use to HTTP/2.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(input.CopyToAsync(server, stop.Token), server.CopyToAsync(output, stop.Token));
        await stop.CancelAsync();
    }
}
