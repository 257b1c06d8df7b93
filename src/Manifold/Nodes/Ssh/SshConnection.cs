using System.Text;
using Manifold.Linux;
using Manifold.Projects;

namespace Manifold.Nodes.Ssh;

/// <summary>A connection to a node by OpenSSH's client, with one login for all sessions.</summary>
/// <remarks>
/// <code>
/// 1  configuration  ssh -G: what the user's configuration says about the host
/// 2  first session  logs in, asks the host about itself, and stays until we close it; unless the user's configuration shares connections,
///                   the other sessions go through it (ControlMaster)
/// 3  program        copied to FOLDER/programs/DIGEST/manifold, if it isn't there
/// 4  channels       sessions whose standard input and output are streams here
/// </code>
/// If we are killed, the first session's input ends, so it ends with all sessions whose commands end at the end of their input.
/// </remarks>
internal sealed partial class SshConnection : IAsyncDisposable
{
    /// <summary>The time that a host has for its first answers, if nobody has to type anything.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    /// <summary>The characters that a host can answer before we stop to listen. A hundred programs are a tenth of it.</summary>
    private const int MostAnswers = 256 * 1024;

    private readonly SshSettings settings;
    private readonly SshClient client;
    private readonly ControlSocket? socket;
    private readonly SemaphoreSlim turn = new(1);
    private PipedProcess? first;

    private SshConnection(SshSettings settings, SshClient client)
    {
        (this.settings, this.client) = (settings, client);
        socket = client.SharesConnections ? null : new ControlSocket(settings.WorkFolder);
    }

    public NodeAddress Address => client.Address;

    /// <summary>The host's answers when the connection was opened.</summary>
    public HostProfile Profile { get; private set; } = null!;

    /// <summary>The difference from our clock to the host's, positive if the host's is ahead. Exact to a second or two.</summary>
    public TimeSpan ClockOffset { get; private set; }

    /// <summary>Whether the first session has not ended yet, as far as ssh has noticed.</summary>
    public bool IsAlive => first is { Exit.IsCompleted: false };

    /// <summary>Connects, and checks that the program can work on the host. ssh may ask for a password in the terminal.</summary>
    /// <exception cref="HostNotReadyException">ssh is not installed.</exception>
    /// <exception cref="SshException">The host can't be reached or used.</exception>
    public static async Task<SshConnection> OpenAsync(SshSettings settings, CancellationToken cancellation)
    {
        var client = await SshClient.FindAsync(settings, cancellation).ConfigureAwait(false);
        var connection = new SshConnection(settings, client);
        try
        {
            await connection.ConnectAsync(mayAsk: true, cancellation).ConfigureAwait(false);
            return HostCheck.Refuse(settings.Address, connection.Profile) is { } refusal ? throw refusal : connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects once more after the connection was lost, without asking anything in the terminal.</summary>
    /// <remarks>Channels of the old connection end. Can be repeated. Several callers at once connect only one after the other.</remarks>
    /// <exception cref="SshException">The host can't be reached now, or needs a password.</exception>
    public async Task ReconnectAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await EndFirstAsync().ConfigureAwait(false);
            socket?.Renew();
            await ConnectAsync(mayAsk: false, cancellation).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Starts a command there.</summary>
    /// <param name="script">A command line for <c>sh</c>, without single quotes, backslashes, exclamation marks, and line ends. It has to
    /// end when its standard input does.</param>
    /// <param name="arguments">Words for the script, which are <c>$1</c>, <c>$2</c>, and so on.</param>
    public SshChannel Start(string script, params ReadOnlySpan<string> arguments) =>
        new(client, StartSession(RemoteCommand.Of(script, arguments)));

    /// <summary>Ends the connection, with all of its channels.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndFirstAsync().ConfigureAwait(false);
        socket?.Dispose();
        turn.Dispose();
    }

    // Through a connection that the user's configuration shares, other sessions of the user may run.
    private async Task EndFirstAsync()
    {
        if (first is not null)
            await (socket is null ? first.LetGoAsync() : first.DisposeAsync().AsTask()).ConfigureAwait(false);
        first = null;
    }

    private PipedProcess StartSession(string commandLine) => client.Start(commandLine, socket?.OptionsOfOthers ?? [], mayAsk: false);

    private async Task ConnectAsync(bool mayAsk, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(
            mayAsk && settings.IsInteractive ? Timeout.InfiniteTimeSpan : TimeLimit, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        var session = client.Start(HostProbe.Command, socket?.OptionsOfFirst ?? [], mayAsk);
        try
        {
            Profile = await AskAsync(session, either.Token).ConfigureAwait(false);
            ClockOffset = DateTimeOffset.FromUnixTimeSeconds(Profile.Time) - settings.Time.GetUtcNow();
            first = session;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw new SshException(SshProblem.TimedOut,
                $"Connecting to '{Address}': it did not answer within {TimeLimit.TotalSeconds:0} seconds. Check that the account has a "
                    + "shell that runs commands.");
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<HostProfile> AskAsync(PipedProcess session, CancellationToken cancellation)
    {
        var probe = new HostProbe($"manifold-{Guid.NewGuid():N}");
        await session.Input.WriteAsync(Encoding.UTF8.GetBytes(probe.Script(settings.Folder)), cancellation).ConfigureAwait(false);
        await session.Input.FlushAsync(cancellation).ConfigureAwait(false);
        using var reader = new StreamReader(session.Output, leaveOpen: true);
        var answers = new StringBuilder();
        var buffer = new char[4096];
        while (answers.Length < MostAnswers && await reader.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
        {
            answers.Append(buffer, 0, count);
            if (probe.IsComplete(answers.ToString()))
                return probe.Read(answers.ToString()) ?? throw NoShell("");
        }
        if (answers.Length >= MostAnswers)
            throw NoShell("");
        var code = await session.Exit.WaitAsync(cancellation).ConfigureAwait(false);
        throw code == SshComplaint.ExitCode
            ? client.Complaint.OfConnecting(session.ErrorTail)
            : NoShell($"{answers}\n{session.ErrorTail}");
    }

    private SshException NoShell(string said) => new(SshProblem.NoShell,
        $"Connecting to '{Address}': the account does not run commands in a POSIX shell"
            + (SshComplaint.LastLine(said) is { Length: > 0 } last ? $", and says: {last}" : ".")
            + " Give it a login shell and no ForceCommand, or use another account.");
}
