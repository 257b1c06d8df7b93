using Manifold.Nodes.Ssh;

namespace Manifold.Nodes;

/// <summary>A node that ssh reaches: its connection, the program there, and the session of this build.</summary>
/// <remarks>
/// <code>
/// 1  connect   <see cref="SshConnection"/>: the host answers, and can be used
/// 2  program   the native program for its platform is there, in a folder that its digest names
/// 3  relay     <c>manifold node-relay</c> there starts the session's server if none runs, and joins it to our stream
/// </code>
/// </remarks>
internal sealed class SshNode : IAsyncDisposable
{
    /// <summary>The line before the first byte of the server: a login shell may print something first.</summary>
    internal const string RelayMark = "manifold-node-relay 1";

    // The rest of a banner or of a message of the day.
    private const int LongestPrelude = 64 * 1024;

    private readonly SshConnection connection;
    private readonly string program;
    private readonly string session = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim turn = new(1);

    private SshNode(SshConnection connection, string program) => (this.connection, this.program) = (connection, program);

    public HostProfile Profile => connection.Profile;

    /// <summary>The difference from our clock to the node's.</summary>
    public TimeSpan ClockOffset => connection.ClockOffset;

    /// <summary>Connects, and copies the program if it is not there.</summary>
    /// <exception cref="ManifoldException">The host cannot be reached or used.</exception>
    public static async Task<SshNode> OpenAsync(
        SshSettings settings, NodePrograms programs, IProgress<(long Done, long Total)>? progress, CancellationToken cancellation)
    {
        // 1
        var connection = await SshConnection.OpenAsync(settings, cancellation).ConfigureAwait(false);
        try
        {
            // 2
            var program = await Task.Run(() => programs.Find(connection.Profile.Platform), cancellation).ConfigureAwait(false);
            return new SshNode(connection, await connection.InstallAsync(program, progress, cancellation).ConfigureAwait(false))
            {
                HasOwnFolder = settings.Folder is not null,
            };
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the store is in the node's folder, too.</summary>
    private bool HasOwnFolder { get; init; }

    /// <summary>3. Returns a stream to the session's server. Connects again first if the connection was lost.</summary>
    public async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!connection.IsAlive)
                await connection.ReconnectAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
        var channel = HasOwnFolder
            ? connection.Start("exec \"$1\" node-relay \"$2\" --folder \"$3\" --own-store", program, session, Profile.Folder)
            : connection.Start("exec \"$1\" node-relay \"$2\" --folder \"$3\"", program, session, Profile.Folder);
        try
        {
            await SkipPreludeAsync(channel.Stream, cancellation).ConfigureAwait(false);
            return new RelayStream(channel);
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a command of our program there, which gets the node's folder as options. It ends when its input does.</summary>
    /// <param name="words">The name of the command and its options, without quotes and backslashes.</param>
    public SshChannel StartCommand(params ReadOnlySpan<string> words) =>
        connection.Start("p=$1; shift; exec \"$p\" \"$@\"",
            [program, .. words, "--folder", Profile.Folder, .. HasOwnFolder ? ["--own-store"] : Array.Empty<string>()]);

    private static async Task SkipPreludeAsync(Stream stream, CancellationToken cancellation)
    {
        var (line, one) = (new List<byte>(), new byte[1]);
        for (var read = 0; read < LongestPrelude; read++)
        {
            await stream.ReadExactlyAsync(one, cancellation).ConfigureAwait(false);
            if (one[0] != '\n')
                line.Add(one[0]);
            else if (System.Text.Encoding.UTF8.GetString([.. line]).EndsWith(RelayMark, StringComparison.Ordinal))
                return;
            else
                line.Clear();
        }
        throw new IOException("its login shell prints too much");
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync().ConfigureAwait(false);
        turn.Dispose();
    }

    /// <summary>The stream of a channel. Disposing it ends the channel.</summary>
    private sealed class RelayStream(SshChannel channel) : Stream
    {
        private Stream Inner => channel.Stream;

        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(cancellationToken);
        public override void Flush() => Inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => Inner.Read(buffer, offset, count);
        public override void Write(byte[] buffer, int offset, int count) => Inner.Write(buffer, offset, count);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                channel.DisposeAsync().AsTask().GetAwaiter().GetResult();
            base.Dispose(disposing);
        }

        public override async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }
}
