using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Finds out which network a RUN that asks for none in particular gets here.</summary>
/// <remarks>
/// <code>
/// in a container or pod    its network: it is the container's own already (<see cref="Surroundings"/>)
/// pasta, else slirp4netns  a network of the RUN's own, made for a trial once
/// neither works            this machine's network; builds warn of it, and doctor says what to install
/// </code>
/// That a program works is kept in the store's <c>cache/</c> for as long as the machine runs and the programs stay the same.
/// That none does is not: the cause may be gone next time, and this machine's network is the less safe answer.
/// </remarks>
internal sealed class RunNetworks
{
    /// <summary>The Debian package that is worth installing.</summary>
    internal const string Package = "passt";

    private const string TapDevice = "/dev/net/tun";

    private readonly Store store;
    private readonly string? searchPath;
    private readonly ImmutableArray<string> names;
    private readonly bool hasOwn;
    private readonly TrialFile<NetworkTrial> kept;
    private readonly SharedValue<NetworkAccess> found;

    public RunNetworks(Store store, string? searchPath)
        : this(store, searchPath, [NetworkProgram.Pasta, NetworkProgram.Slirp], new Surroundings().HasNetworkOfItsOwn) { }

    internal RunNetworks(Store store, string? searchPath, ImmutableArray<string> names, bool hasOwn)
    {
        (this.store, this.searchPath, this.names, this.hasOwn) = (store, searchPath, names, hasOwn);
        kept = new TrialFile<NetworkTrial>(store.Layout.Cache, "run-networks.json", SandboxJson.Default.NetworkTrial);
        found = new SharedValue<NetworkAccess>(_ => LookAsync());
    }

    /// <exception cref="IOException">A trial found a disk full, or too many files open, which says nothing of the programs.</exception>
    /// <exception cref="HostNotReadyException">The disk of the store is full.</exception>
    public Task<NetworkAccess> FindAsync() => found.GetAsync(CancellationToken.None);

    private async Task<NetworkAccess> LookAsync()
    {
        if (hasOwn)
            return new NetworkAccess { Kind = NetworkKind.Container };
        var installed = names.Select(name => ChildProcess.Find(name, searchPath)).OfType<string>().ToImmutableArray();
        if (installed.IsEmpty)
            return Shared($"neither {string.Join(" nor ", names)} is installed", Remedy.AsRoot($"apt-get install {Package}"));
        if (!Environment.IsPrivilegedProcess)
            return Shared($"{installed[0]} needs root or a user namespace", null);
        var key = string.Join('\n',
            installed.Select(path => $"{path} {new FileInfo(path).LastWriteTimeUtc.Ticks}")
                .Prepend($"{OciRuntimes.BootId()} {UserNamespace.IsInitial} {TapState()}"));
        if (kept.Read() is { Program: not null } trial && trial.Key == key)
            return Through(trial.Program);
        var access = await TryAllAsync(installed).ConfigureAwait(false);
        if (access.Program is { } program)
            kept.Keep(new NetworkTrial { Key = key, Program = program });
        return access;
    }

    private async Task<NetworkAccess> TryAllAsync(ImmutableArray<string> installed)
    {
        var failures = new List<string>();
        foreach (var program in installed)
        {
            if (await TryAsync(new NetworkProgram(program)).ConfigureAwait(false) is not { } failure)
                return Through(program);
            failures.Add($"{program} does not work here ({failure.TrimEnd('.')})");
        }
        // A program that found no room says so in words of its own.
        if (DiskTrouble.IsFull(store.Root))
            throw new HostNotReadyException(DiskTrouble.DescribeFull(store.Root));
        return Shared(string.Join("; ", failures), RemedyOfTap());
    }

    private static NetworkAccess Through(string program) => new() { Kind = NetworkKind.Private, Program = program };

    private static NetworkAccess Shared(string reason, string? remedy) =>
        new() { Kind = NetworkKind.Machine, Reason = reason, Remedy = remedy };

    // Both need it, and udev gives it to everybody; without udev it may be accessible to root only.
    private static string? RemedyOfTap() =>
        !File.Exists(TapDevice) ? Remedy.AsRoot("modprobe tun") : CanOpenTap() ? null : $"sudo chmod 666 {TapDevice}";

    private static bool CanOpenTap()
    {
        try
        {
            File.OpenHandle(TapDevice, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string TapState() => File.Exists(TapDevice) ? File.GetUnixFileMode(TapDevice).ToString() : "no tap";

    private async Task<string?> TryAsync(NetworkProgram program)
    {
        var folder = Directory.CreateDirectory(Path.Combine(store.WorkFolder, $"network-{Guid.NewGuid():N}")).FullName;
        var readers = new OutputReaders(new RunOutput(null, new Redaction([]), TimeProvider.System));
        try
        {
            return await IsolatedThread.RunAsync(() =>
            {
                using var network = PrivateNetwork.Begin(program, new NetworkChoices(NetworkProgram.SixthInterface(), null),
                    folder, readers);
                network.Wait(CancellationToken.None);
                return (string?)null;
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (PrivateNetwork.IsLack(e))
        {
            return e.Message;
        }
        finally
        {
            readers.Abandon();
            FileTree.Delete(folder);
        }
    }
}

/// <summary>The network of a RUN that asks for none in particular, on this machine.</summary>
internal sealed record NetworkAccess
{
    public required NetworkKind Kind { get; init; }

    /// <summary>Carries the traffic of a private network.</summary>
    public string? Program { get; init; }

    /// <summary>Why it is not private.</summary>
    public string? Reason { get; init; }

    /// <summary>The command that makes it private, where one is known.</summary>
    public string? Remedy { get; init; }
}

internal enum NetworkKind
{
    /// <summary>Its own: this machine's loopback is out of reach.</summary>
    Private,

    /// <summary>That of the container or pod that builds.</summary>
    Container,

    /// <summary>This machine's.</summary>
    Machine,
}

/// <summary>The program that passed the trial, with the programs and the boot of the machine that this is valid for.</summary>
internal sealed record NetworkTrial
{
    public required string Key { get; init; }
    public required string Program { get; init; }
}
