using System.Diagnostics;
using System.Globalization;
using Manifold.Linux;
using Manifold.Nodes.Ssh;
using Manifold.Projects;

namespace Manifold.EndToEnd.Support;

/// <summary>Debian's SSH server on localhost, with host keys, a key for the login, and a configuration for ssh of its own.</summary>
/// <remarks>
/// Its names in that configuration are <c>node</c> and <c>again</c>, and <c>ordinary</c> for the ordinary user. People log in as root, or
/// as the ordinary user <c>manifold-test</c>. Their caches are in folders of this server. Needs root.
/// </remarks>
internal sealed class SshServer : IAsyncDisposable
{
    /// <summary>The name of the ordinary user.</summary>
    public const string OrdinaryUser = "manifold-test";

    /// <summary>The password of the ordinary user during this run.</summary>
    public static readonly string Password = Guid.NewGuid().ToString("N");

    private static readonly Lazy<Task> User = new(MakeUserAsync);

    private readonly TemporaryFolder folder = new();
    private Process? process;

    private SshServer()
    {
    }

    public int Port { get; } = FreePort.Find();

    /// <summary>The file for <c>ssh -F</c>.</summary>
    public string Configuration => folder["config"];

    /// <summary>The command that uses it, as <c>MANIFOLD_SSH</c> has it.</summary>
    public string Command => $"ssh -F {Configuration}";

    public string KnownHosts => folder["known_hosts"];

    /// <summary>The file with the key of the login, which is not encrypted.</summary>
    public string Key => folder["id"];

    /// <summary>The folder for programs and stores of a user.</summary>
    public string FolderOf(string user) => folder[$"cache-{user}/manifold"];

    // sshd takes the first SetEnv only, so all variables are on its line.
    private string EnvironmentOf(string user) =>
        $"XDG_CACHE_HOME={folder[$"cache-{user}"]} XDG_CONFIG_HOME={SettingsOf(user)} MANIFOLD_ROOT={StoreOf(user)}";

    /// <summary>The folder of a user's store.</summary>
    public string StoreOf(string user) => folder[$"store-{user}"];

    /// <summary>The folder of a user's settings, such as certificates of registries.</summary>
    public string SettingsOf(string user) => folder[$"settings-{user}"];

    public string this[string relative] => folder[relative];

    /// <summary>Writes a file, and returns its path.</summary>
    public string Write(string relative, string content) => folder.Write(relative, content);

    /// <summary>Starts a server. Skips where this cannot be.</summary>
    /// <param name="more">More lines of its configuration.</param>
    public static async Task<SshServer> StartAsync(string more = "")
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Starting an SSH server that other users can log in to needs root.");
        Tool.Need("ssh", "sshd", "ssh-keygen", "useradd");
        await User.Value;
        var server = new SshServer();
        try
        {
            await server.PrepareAsync(more);
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of a connection as root, or to another address.</summary>
    public SshSettings Settings(string address = "ssh://node") => new()
    {
        Address = NodeAddress.Parse(address),
        WorkFolder = folder["work"],
        Command = Command,
    };

    /// <summary>Starts it after <see cref="StopAsync"/>, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        Directory.CreateDirectory("/run/sshd"); // where sshd has no privileges
        process = Process.Start(new ProcessStartInfo(ChildProcess.Find("sshd", null)!,
            ["-D", "-f", folder["sshd_config"], "-E", folder["log"]]))!;
        await Eventually.Is(async () => File.Exists(folder["pid"]) || (process.HasExited
            ? throw new InvalidOperationException($"sshd did not start: {await File.ReadAllTextAsync(folder["log"])}") : false));
    }

    /// <summary>Ends the server and all connections, as a machine that is turned off.</summary>
    public async Task StopAsync()
    {
        if (process is null)
            return;
        var serving = Serving();
        process.Kill();
        Kill(serving);
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
        File.Delete(folder["pid"]);
    }

    /// <summary>Kills the server's processes that serve connections. New connections are possible.</summary>
    public void KillConnections() => Kill(Serving());

    /// <summary>The processes that serve connections; what they started is not among them.</summary>
    public IReadOnlyList<int> Serving()
    {
        var parents = Process.GetProcesses().Where(each => each.ProcessName.StartsWith("sshd", StringComparison.Ordinal))
            .ToDictionary(each => each.Id, each => ParentOf(each.Id));
        var found = new List<int>();
        for (var level = new List<int> { process!.Id }; level.Count > 0; found.AddRange(level))
            level = [.. parents.Where(pair => level.Contains(pair.Value)).Select(pair => pair.Key)];
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        folder.Dispose();
    }

    private async Task PrepareAsync(string more)
    {
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101); // sshd reads a user's keys as that user
        await Tool.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder["hostkey"]);
        await Tool.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Key);
        File.Copy(Key + ".pub", folder["authorized_keys"]);
        folder.Write("sshd_config", $"""
            ListenAddress 127.0.0.1:{Port}
            HostKey {folder["hostkey"]}
            PidFile {folder["pid"]}
            AuthorizedKeysFile {folder["authorized_keys"]}
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            PasswordAuthentication yes
            Subsystem sftp internal-sftp
            {more}
            Match User root
              SetEnv {EnvironmentOf("root")}
            Match User {OrdinaryUser}
              SetEnv {EnvironmentOf(OrdinaryUser)}

            """);
        folder.Write("config", $"""
            Host node again ordinary
              HostName 127.0.0.1
              Port {Port}
              IdentityFile {Key}
              IdentitiesOnly yes
              UserKnownHostsFile {KnownHosts}
              GlobalKnownHostsFile /dev/null
            Host ordinary
              User {OrdinaryUser}
            Host *
              User root

            """);
        await TrustAsync(folder["hostkey.pub"]);
        foreach (var own in new[] { folder[$"cache-{OrdinaryUser}"], StoreOf(OrdinaryUser) })
        {
            Directory.CreateDirectory(own);
            await Tool.Run("chown", OrdinaryUser, own);
        }
    }

    /// <summary>Makes the clients know this public key, and no other, as the server's.</summary>
    public async Task TrustAsync(string publicKey)
    {
        var key = (await File.ReadAllTextAsync(publicKey)).Split(' ');
        folder.Write("known_hosts", $"[127.0.0.1]:{Port} {key[0]} {key[1].Trim()}\n");
    }

    private static async Task MakeUserAsync()
    {
        if ((await Tool.Try("id", OrdinaryUser)).ExitCode != 0)
            await Tool.Run("useradd", "--create-home", "--shell", "/bin/sh", OrdinaryUser);
        await Tool.Run("sh", "-c", $"echo {OrdinaryUser}:{Password} | chpasswd");
    }

    private static void Kill(IEnumerable<int> ids) => RunningProcesses.KillAll(ids.Select(id => id.ToString(CultureInfo.InvariantCulture)));

    // proc_pid_stat(5): the name, in parentheses, can have spaces.
    private static int ParentOf(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // it has ended
        }
    }
}
