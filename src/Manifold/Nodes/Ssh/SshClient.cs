using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Projects;
using Manifold.Text;

namespace Manifold.Nodes.Ssh;

/// <summary>The user's ssh: the program, its command lines, and what the user's configuration says about a host.</summary>
/// <remarks>
/// ssh reads the configuration itself. Options on its command line take precedence over it, so only two kinds are given: those that a
/// connection for commands needs, and defaults that the configuration doesn't set.
/// </remarks>
internal sealed class SshClient
{
    // Nothing that the configuration forwards for a person's sessions, and none of their commands.
    private static readonly ImmutableArray<string> ForCommands =
    [
        "-T", "-x", "-a", "-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no", "-o", "RemoteCommand=none",
    ];

    private readonly SshSettings settings;
    private readonly string command;
    private readonly ImmutableArray<string> defaults;

    private SshClient(SshSettings settings, string command, ILookup<string, string> configuration)
    {
        (this.settings, this.command) = (settings, command);
        defaults = DefaultsFor(configuration);
        Complaint = ComplaintOf(settings);
    }

    public NodeAddress Address => settings.Address;

    public SshComplaint Complaint { get; }

    /// <summary>Whether the user's configuration shares one connection among all sessions, so that we don't have to.</summary>
    public bool SharesConnections { get; private init; }

    /// <summary>Finds ssh and asks it about the user's configuration. Doesn't connect.</summary>
    /// <exception cref="HostNotReadyException">ssh is not installed.</exception>
    /// <exception cref="SshException">The configuration is wrong.</exception>
    public static async Task<SshClient> FindAsync(SshSettings settings, CancellationToken cancellation)
    {
        var command = settings.Command ?? (ChildProcess.Find("ssh", settings.SearchPath) is { } path ? ShellWord.Quote(path) : null)
            ?? throw NotInstalled(settings.Address, "'ssh' is not installed");
        var (code, output, error) = await AskAsync(settings, command, ["-G", .. settings.Address.Arguments], cancellation)
            .ConfigureAwait(false);
        if (code is 126 or 127) // the shell did not find it
            throw NotInstalled(settings.Address, SshComplaint.LastLine(error));
        if (code != 0)
            throw ComplaintOf(settings).OfConnecting(error);
        var configuration = output.Split('\n').Select(line => line.Split(' ', 2))
            .Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0], parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
        return new SshClient(settings, command, configuration)
        {
            SharesConnections = configuration["controlpath"].FirstOrDefault("none") != "none"
                && (configuration["controlmaster"].FirstOrDefault("false") != "false"
                    || (await AskAsync(settings, command, ["-O", "check", .. settings.Address.Arguments], cancellation)
                        .ConfigureAwait(false)).Code == 0),
        };
    }

    /// <summary>Starts a session.</summary>
    /// <param name="remoteCommand">The command line for the account's login shell.</param>
    /// <param name="options">Options for this session.</param>
    /// <param name="mayAsk">Whether ssh may ask in the terminal.</param>
    public PipedProcess Start(string remoteCommand, ImmutableArray<string> options, bool mayAsk) => PipedProcess.Start(command,
        [
            .. ForCommands,
            .. defaults,
            .. mayAsk && settings.IsInteractive ? (string[])[] : ["-o", "BatchMode=yes"],
            .. options,
            .. Address.Arguments,
            remoteCommand,
        ],
        settings.Environment, needsTerminal: mayAsk && settings.IsInteractive);

    private static async Task<(int Code, string Output, string Error)> AskAsync(
        SshSettings settings, string command, ImmutableArray<string> arguments, CancellationToken cancellation)
    {
        await using var process = PipedProcess.Start(command, arguments, settings.Environment, needsTerminal: false);
        process.Input.Close();
        using var reader = new StreamReader(process.Output);
        var output = await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
        var code = await process.Exit.WaitAsync(cancellation).ConfigureAwait(false);
        return (code, output, process.ErrorTail);
    }

    // ssh has no interval and no time limit of its own. In batch mode, Debian's has an interval of 300 seconds.
    private static ImmutableArray<string> DefaultsFor(ILookup<string, string> configuration)
    {
        var options = ImmutableArray.CreateBuilder<string>();
        if (configuration["serveraliveinterval"].FirstOrDefault("0") is "0" or "300")
            options.AddRange("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3");
        if (configuration["connecttimeout"].FirstOrDefault("none") is "none" or "0")
            options.AddRange("-o", "ConnectTimeout=15");
        if (configuration["loglevel"].FirstOrDefault() is "QUIET" or "FATAL")
            options.AddRange("-o", "LogLevel=ERROR"); // without it, ssh does not say why it failed
        return options.ToImmutable();
    }

    private static SshComplaint ComplaintOf(SshSettings settings) => new(settings.Address,
        string.Join(' ', settings.Address.Arguments.Select(ShellWord.Quote).Prepend(settings.Command ?? "ssh")), settings.IsInteractive);

    private static HostNotReadyException NotInstalled(NodeAddress address, string reason) => new(
        $"Connecting to '{address}': {reason}. Install the SSH client: apt-get install openssh-client");
}
