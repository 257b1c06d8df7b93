using System.Globalization;
using Manifold.Linux;

namespace Manifold.Nodes.Ssh;

/// <summary>A command on a node, with a stream to its standard input and from its standard output.</summary>
/// <remarks>Owned: disposing it ends the session, so the command's input ends.</remarks>
internal sealed class SshChannel : IAsyncDisposable
{
    private readonly SshClient client;
    private readonly PipedProcess session;
    private readonly Task<SshException?> end;

    internal SshChannel(SshClient client, PipedProcess session)
    {
        (this.client, this.session) = (client, session);
        end = WatchAsync();
        Stream = new SshStream(session.Input, session.Output, end);
    }

    /// <summary>Reads what the command prints, and writes what it reads. Both at the same time are fine.</summary>
    /// <remarks>
    /// If the command fails or the connection is lost, reading throws an <see cref="IOException"/> with the <see cref="SshException"/>
    /// after the last byte. Disposing the stream ends the command's input, and doesn't end the session.
    /// </remarks>
    public Stream Stream { get; }

    /// <summary>The exit code of the command, after it has ended; 255 if the connection was lost.</summary>
    public Task<int> Exit => session.Exit;

    /// <summary>The reason for the end, after it; null if the command ended with exit code 0.</summary>
    public Task<SshException?> End => end;

    /// <summary>The end of what the command printed to standard error so far.</summary>
    public string ErrorTail => session.ErrorTail;

    public ValueTask DisposeAsync() => session.DisposeAsync();

    private async Task<SshException?> WatchAsync()
    {
        var code = await session.Exit.ConfigureAwait(false);
        return code switch
        {
            0 => null,
            SshComplaint.ExitCode => client.Complaint.OfLosing(session.ErrorTail),
            _ => new SshException(SshProblem.CommandFailed, string.Create(CultureInfo.InvariantCulture,
                $"Node '{client.Address}': the command there ended with exit code {code}: {SshComplaint.LastLine(session.ErrorTail)}"))
            {
                Said = SshComplaint.LastLine(session.ErrorTail),
            },
        };
    }
}
