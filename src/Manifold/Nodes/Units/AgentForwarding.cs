using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.Sockets;
using Manifold.Content;
using Manifold.Planning;

namespace Manifold.Nodes.Units;

/// <summary>Sockets on a node that stand for ssh agents of the caller. Each message goes to the caller and back.</summary>
/// <remarks>The node never sees a key. Source: draft-ietf-sshm-ssh-agent, section 3: a request has a length of 4 bytes before it.</remarks>
internal sealed class AgentForwarding(Store store, NodeQuestions questions)
{
    // As in OpenSSH: AGENT_MAX_LEN of authfd.c.
    private const int LongestMessage = 256 * 1024;

    /// <summary>Opens a socket for each agent of a unit. Dispose the result to close them.</summary>
    public ForwardedAgents Open(string unit, ImmutableArray<string> ids)
    {
        if (ids.IsEmpty)
            return new ForwardedAgents([], [], new CancellationTokenSource());
        var folder = Directory.CreateDirectory(Path.Combine(store.WorkFolder, $"agents-{store.NextNumber()}"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        var stop = new CancellationTokenSource();
        var agents = ImmutableArray.CreateBuilder<SshAgent>();
        var listeners = new List<Socket>();
        foreach (var (id, number) in ids.Select((id, number) => (id, number)))
        {
            var path = Path.Combine(folder, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            listeners.Add(listener);
            agents.Add(new SshAgent(id) { Socket = path });
            _ = AcceptAsync(listener, (unit, id), stop.Token);
        }
        return new ForwardedAgents(agents.ToImmutable(), listeners, stop);
    }

    private async Task AcceptAsync(Socket listener, (string Unit, string Id) agent, CancellationToken cancellation)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync(cancellation).ConfigureAwait(false), agent, cancellation);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The unit is over.
        }
    }

    private async Task ServeAsync(Socket socket, (string Unit, string Id) agent, CancellationToken cancellation)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var length = new byte[sizeof(int)];
            while (true)
            {
                await stream.ReadExactlyAsync(length, cancellation).ConfigureAwait(false);
                var size = BinaryPrimitives.ReadUInt32BigEndian(length);
                if (size is 0 or > LongestMessage)
                    return;
                var request = new byte[size];
                await stream.ReadExactlyAsync(request, cancellation).ConfigureAwait(false);
                var answer = await questions.AskAsync(number => new NodeQuestion(number)
                {
                    Agent = new AgentMessage(agent.Unit, agent.Id, request),
                }, cancellation).ConfigureAwait(false);
                BinaryPrimitives.WriteUInt32BigEndian(length, (uint)answer.Length);
                await stream.WriteAsync((byte[])[.. length, .. answer], cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or NodeQuestionException)
        {
            // The program has hung up, or the caller cannot answer: a closed socket tells the program.
        }
    }
}

/// <summary>The sockets of agents while a unit runs.</summary>
internal sealed class ForwardedAgents(ImmutableArray<SshAgent> agents, List<Socket> listeners, CancellationTokenSource stop) : IDisposable
{
    public ImmutableArray<SshAgent> Agents => agents;

    public void Dispose()
    {
        stop.Cancel();
        listeners.ForEach(listener => listener.Dispose());
        stop.Dispose();
    }
}
