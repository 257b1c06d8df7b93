using System.Net.Sockets;
using Manifold.Building;
using Manifold.Content;
using Manifold.Nodes;
using Manifold.Nodes.Units;
using Manifold.Registry;
using Manifold.Server;

namespace Manifold.Tests.Nodes;

/// <summary>A node inside this process: a store and a server of its own, reached over a socket that can be cut.</summary>
internal sealed class InsideNode : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly LentCredentials lent = new();
    private readonly RegistryClient registry;
    private readonly List<CuttableStream> streams = [];
    private NodeWorker worker = null!;
    private NodeServer server = null!;

    private InsideNode() =>
        registry = new RegistryClient(lent.Applied(new RegistryOptions { UserAgent = Agent, RetryDelay = TimeSpan.FromMilliseconds(5) }));

    /// <summary>The name by which registries know the node.</summary>
    public const string Agent = "node/1";

    public Store Store { get; private set; } = null!;

    /// <summary>The number of bytes after which the next connection is cut; null for never.</summary>
    public Func<int?> CutAfter { get; set; } = () => null;

    /// <summary>Whether connections are refused.</summary>
    public bool IsUnreachable { get; set; }

    public int Connections { get; private set; }

    public static async Task<InsideNode> StartAsync()
    {
        var node = new InsideNode();
        node.Store = Store.Open(node.folder["store"]);
        await node.StartServerAsync();
        return node;
    }

    /// <summary>The time for which callers try to connect again.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    public NodeRoute Route(string name) => new(name, ConnectAsync) { Patience = Patience };

    /// <summary>Ends the server with all its units, as if its process was killed, and starts another one over the same store.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartServerAsync();
    }

    public async Task StopAsync()
    {
        Cut();
        await server.DisposeAsync();
        await worker.DisposeAsync();
    }

    /// <summary>Cuts all connections.</summary>
    public void Cut()
    {
        lock (streams)
        {
            streams.ForEach(stream => stream.Dispose());
            streams.Clear();
        }
    }

    private async Task StartServerAsync()
    {
        var tools = new BuilderTools(Store, registry, TimeProvider.System, SearchPath: null);
        worker = new NodeWorker(tools, lent);
        server = await NodeServer.StartAsync(Store, worker, new NodeServerOptions
        {
            Socket = folder["socket"],
            Survey = () => NodeSurvey.RunAsync(tools),
        });
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        if (IsUnreachable)
            throw new IOException("the network is down");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder["socket"]), cancellation);
        var stream = new CuttableStream(new NetworkStream(socket, ownsSocket: true), CutAfter());
        lock (streams)
            streams.Add(stream);
        Connections++;
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        registry.Dispose();
        Store.Dispose();
        folder.Dispose();
    }

    /// <summary>A stream that ends after a number of bytes, in whichever direction.</summary>
    private sealed class CuttableStream(Stream inner, int? limit) : Stream
    {
        private long moved;

        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count(0);
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Count(count);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count(buffer.Length);
            await inner.WriteAsync(buffer, cancellationToken);
        }

        private void Count(int bytes)
        {
            if (Interlocked.Add(ref moved, bytes) <= limit.GetValueOrDefault(int.MaxValue))
                return;
            inner.Dispose();
            throw new IOException("the connection was cut");
        }

        public override void Flush() => inner.Flush();
        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
