namespace Manifold.Nodes.Ssh;

/// <summary>The kinds of problems with a node and the connection to it.</summary>
internal enum SshProblem
{
    /// <summary>Something else; the message has the last line of ssh.</summary>
    Other,

    /// <summary>The host key is not in <c>known_hosts</c>, and nobody confirmed it.</summary>
    UnknownHostKey,

    /// <summary>The host key is not the one in <c>known_hosts</c>.</summary>
    ChangedHostKey,

    /// <summary>The host refused the login.</summary>
    Denied,

    NameUnknown,
    Refused,
    TimedOut,
    Unreachable,

    /// <summary>The configuration of ssh is wrong.</summary>
    Configuration,

    /// <summary>The connection ended. <see cref="SshConnection.ReconnectAsync"/> may help.</summary>
    Lost,

    /// <summary>The account does not run commands.</summary>
    NoShell,

    NotLinux,

    /// <summary>The C library there is not one that the program works with.</summary>
    WrongLibrary,

    /// <summary>The folder there cannot be written.</summary>
    Unwritable,

    /// <summary>Programs in the folder there cannot be executed.</summary>
    NotExecutable,

    DiskFull,

    /// <summary>The program arrived damaged.</summary>
    Damaged,

    /// <summary>A command there ended with an exit code other than 0.</summary>
    CommandFailed,
}

/// <summary>A node cannot be reached, or cannot be used. The message says what to do.</summary>
internal sealed class SshException(SshProblem problem, string message) : ManifoldException(message)
{
    public SshProblem Problem { get; } = problem;

    /// <summary>The last line that a failed command printed; null for other problems.</summary>
    public string? Said { get; init; }

    public override int ExitCode => 4;
}
