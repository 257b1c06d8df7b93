using System.Collections.Immutable;
using System.Text;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Snapshots;

namespace Manifold.Sandbox;

/// <summary>Runs a command on a chain of layers and gives what it changed.</summary>
/// <remarks>
/// <code>
/// a network namespace             0  where RUN has a network of its own: what carries its traffic begins,
///                                    and is waited for before 5 (<see cref="PrivateNetwork"/>)
/// chain of DiffIds                1  looked at read-only: who is USER, which mount points are missing
///   + missing mount points        2  stacked above the image, below the changes (<see cref="MountPoints"/>)
///   + an empty folder             3  takes the changes: one overlay mount
/// config.json                     4  what the runtime is told (<see cref="Bundle"/>)
/// setpriv, unshare, crun | runc   5  runs; its lines go to the caller as they come (<see cref="Container"/>, <see cref="RunOutput"/>)
/// RunResult                       6  exit code, changes, last lines; the mounts went with the thread
/// </code>
/// Each run has a thread whose mounts nobody else sees; whatever happens to us, the kernel ends the container and undoes the mounts.
/// Runs are independent of each other, and may be many at once.
/// </remarks>
internal sealed class RunSandbox : ISandbox
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; // Docker's

    // Every other builder leaves these in the image, and images that run read-only need them there: they are changes, not mount points.
    private static readonly string[] KernelFolders = ["/proc", "/sys", "/dev"];

    private readonly Store store;
    private readonly SnapshotStore snapshots;
    private readonly OciRuntimes runtimes;
    private readonly Emulators emulators;
    private readonly RunNetworks networks;
    private readonly TimeProvider time;

    public RunSandbox(SnapshotStore snapshots, OciRuntimes runtimes, Emulators emulators,
        RunNetworks networks, TimeProvider? time = null) =>
        (store, this.snapshots, this.runtimes, this.emulators, this.networks, this.time) =
            (snapshots.Store, snapshots, runtimes, emulators, networks, time ?? TimeProvider.System);

    /// <summary>Runs to the end. A command that fails is a result; only what kept it from running is an exception.</summary>
    /// <exception cref="HostNotReadyException">No runtime or no emulator is here.</exception>
    /// <exception cref="UsageException">The user is not in the image.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: the container is dead, nothing is left.</exception>
    public async Task<RunResult> RunAsync(RunRequest request, CancellationToken cancellation = default)
    {
        var emulated = await emulators.RequireAsync(request.Platform).ConfigureAwait(false);
        var runtime = await runtimes.FindAsync().ConfigureAwait(false);
        var carrier = await CarrierAsync(request).ConfigureAwait(false);
        var run = new RunFolder(store.WorkFolder, store.NextNumber());
        var began = time.GetTimestamp();
        var redaction = new Redaction(request.Mounts.Where(mount => mount.IsSecret).Select(mount => mount.Content)
            .Concat(request.SecretVariables.Select(variable => variable.Value)));
        var output = new RunOutput(request.OnLine, redaction, time);
        var (readers, carrierReaders) = (new OutputReaders(output), new OutputReaders(new RunOutput(null, redaction, time)));
        run.NoteGroup(request.CgroupParent);
        var container = new Container { Runtime = runtime.Path, Folder = run.Bundle, Id = run.Id };
        var mounts = new RunMounts(run, snapshots, cancellation);
        try
        {
            var (exitCode, complaint) = await IsolatedThread.RunAsync(() =>
            {
                try
                {
                    mounts.HideBundle();
                    using var network = BeginNetwork(request, run, carrier, carrierReaders);
                    Prepare(request, run, mounts, (emulated, InOwnNetwork: network is not null), cancellation);
                    AwaitNetwork(carrier, network, cancellation);
                    var code = Execute(container, readers, request.OnStarted, cancellation);
                    return (code, code == 0 ? null : container.Failure());
                }
                finally
                {
                    // The namespace goes with the thread; this does not depend on who else may be in it.
                    mounts.Unmount();
                    MountCalls.UnmountIfMounted(run.Root);
                    MountCalls.UnmountIfMounted(run.Image);
                }
            }).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            var failure = complaint is null ? null : redaction.Apply(complaint);
            return new RunResult(run.Path)
            {
                ExitCode = failure is null ? exitCode : Container.ExitCodeOf(failure) ?? exitCode,
                ChangesFolder = run.Changes,
                Tail = output.Tail,
                Duration = time.GetElapsedTime(began),
                Emulated = emulated,
                EmulatorCrash = emulated && exitCode != 0 ? output.EmulatorCrash : null,
                RuntimeFailure = failure,
            };
        }
        catch
        {
            FileTree.Delete(run.Path);
            throw;
        }
        finally
        {
            readers.Abandon();
            carrierReaders.Abandon();
            Cgroups.Remove(run.Id, request.CgroupParent);
        }
    }

    private async Task<NetworkProgram?> CarrierAsync(RunRequest request) =>
        request.Network == NetworkMode.Default && (await networks.FindAsync().ConfigureAwait(false)).Program is { } program
            ? new NetworkProgram(program)
            : null;

    private static PrivateNetwork? BeginNetwork(RunRequest request, RunFolder run, NetworkProgram? carrier, OutputReaders readers)
    {
        // 0
        var sixth = carrier is null ? null : NetworkProgram.SixthInterface();
        var resolver = RunFiles.Resolver(carrier?.Resolvers(sixth));
        File.WriteAllText(run.ResolvConf, resolver.Text);
        File.WriteAllText(run.Hosts, RunFiles.Hosts(request, isPrivate: carrier is not null));
        if (carrier is null)
            return null;
        try
        {
            return PrivateNetwork.Begin(carrier, new NetworkChoices(sixth, resolver.ForwardsAt), run.Bundle, readers);
        }
        catch (Exception e) when (PrivateNetwork.IsLack(e))
        {
            throw NoNetwork(carrier, e);
        }
    }

    private static void AwaitNetwork(NetworkProgram? carrier, PrivateNetwork? network, CancellationToken cancellation)
    {
        try
        {
            network?.Wait(cancellation);
        }
        catch (Exception e) when (PrivateNetwork.IsLack(e))
        {
            throw NoNetwork(carrier!, e);
        }
    }

    private static HostNotReadyException NoNetwork(NetworkProgram carrier, Exception cause) =>
        new($"RUN: {carrier.Path} did not set up the network: {cause.Message} Run: manifold doctor", cause);

    private void Prepare(
        RunRequest request, RunFolder run, RunMounts making, (bool Emulated, bool InOwnNetwork) how, CancellationToken cancellation)
    {
        RefuseZeroBytes(request);
        // 1
        var lowers = OverlayChain.Lowers(snapshots, request.Chain, cancellation);
        new Overlay { Lowers = lowers }.Mount(run.Image, run.Scratch("view"));
        var user = ContainerUser.Resolve(run.Image, request.User);
        if (!UserNamespace.HasUser(user.Uid) || !user.Groups.Add(user.Gid).All(UserNamespace.HasGroup))
            throw new UsageException($"USER {request.User}: {UserNamespace.DescribeForeign(user.Uid, user.Gid)}");
        // 2
        var mounts = Mounts(request, run, making);
        var absent = KernelFolders
            .Where(folder => !AreMountsBelow(folder, request) && DirectoryHandle.StatusOf(ScopedPath.Resolve(run.Image, folder)) is null)
            .ToList();
        MountPoints.Make(run.Image, run.MountPoints, mounts.Where(mount => !absent.Contains(mount.Target))
            .Select(mount => (mount.Target, mount.Type == "bind" && File.Exists(mount.Source))));
        // 3
        FolderAttributes.Copy(run.Image, run.Changes);
        MountCalls.Unmount(run.Image);
        new Overlay { Lowers = [run.MountPoints, .. lowers], Upper = run.Changes }.Mount(run.Root, run.Scratch("root"));
        foreach (var folder in absent)
            FolderAttributes.Default(Directory.CreateDirectory(ScopedPath.Resolve(run.Root, folder)).FullName);
        Directory.CreateDirectory(ScopedPath.Resolve(run.Root, request.WorkingDirectory));
        // 4
        new Bundle
        {
            Root = run.Root,
            Arguments = request.Arguments,
            Environment = Defaults(WithSecrets(request), user),
            WorkingDirectory = request.WorkingDirectory,
            User = user,
            Hostname = request.Hostname,
            CgroupPath = Cgroups.PathOf(run.Id, request.CgroupParent),
            OwnNetwork = request.Network == NetworkMode.None,
            InOwnNetwork = how.InOwnNetwork,
            Mounts = mounts,
            Insecure = request.Insecure,
            Limits = request.Limits,
            // qemu ends a program that crashed by a signal to itself, which a first process does not get: it would hang for ever.
            FirstProcess = !how.Emulated,
        }.Write(run.Bundle);
    }

    /// <summary>The kernel ends arguments, variables and names at a zero byte: something else would run than was written.</summary>
    private static void RefuseZeroBytes(RunRequest request)
    {
        if (request.Arguments.Concat(request.Environment).Append(request.WorkingDirectory).Append(request.User)
            .FirstOrDefault(text => text.Contains('\0', StringComparison.Ordinal)) is { } text)
            throw new UsageException(
                $"The command, environment, user and working directory of a RUN cannot contain a zero byte. Found one in '{text}'.");
    }

    private static int Execute(
        Container container, OutputReaders readers, Action<Func<(TimeSpan Used, bool IsRunnable)?>>? onStarted,
        CancellationToken cancellation)
    {
        // 5
        Cgroups.HideVersion1();
        cancellation.ThrowIfCancellationRequested();
        using var process = container.Start();
        using var registration = cancellation.Register(process.Kill);
        readers.Begin(process);
        var (id, ended) = (process.Id, false);
        onStarted?.Invoke(() => Volatile.Read(ref ended) ? null : ProcessUsage.OfTree(id));
        var exitCode = process.WaitForExit();
        Volatile.Write(ref ended, true);
        readers.Join(); // all writers are dead with the namespace
        return exitCode;
    }

    /// <summary>
    /// Where something of the RUN's own is mounted below such a folder it is a mount point after all,
    /// and does not stay (BuildKit's behaviour).
    /// </summary>
    private static bool AreMountsBelow(string folder, RunRequest request) =>
        folder == "/dev" && request.SharedMemory is not null
            || request.Mounts.Any(mount => mount.Target.StartsWith(folder + "/", StringComparison.Ordinal));

    private static ImmutableArray<Bundle.Mount> Mounts(RunRequest request, RunFolder run, RunMounts making)
    {
        return
        [
            .. Bundle.Standard(request.SharedMemory, request.Insecure),
            .. Cgroups.HasUnified
                ? [new Bundle.Mount("/sys/fs/cgroup",
                    "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", request.Insecure ? "rw" : "ro"])]
                : (ReadOnlySpan<Bundle.Mount>)[],
            new Bundle.Mount("/etc/resolv.conf", "bind", run.ResolvConf, ["rbind", "ro"]),
            new Bundle.Mount("/etc/hosts", "bind", run.Hosts, ["rbind", "ro"]),
            .. making.Make(request.Mounts),
        ];
    }

    /// <summary>A secret wins over a variable of its name.</summary>
    private static ImmutableArray<string> WithSecrets(RunRequest request) =>
    [
        .. request.Environment.Where(
            variable => !request.SecretVariables.Any(secret => variable.StartsWith(secret.Name + "=", StringComparison.Ordinal))),
        .. request.SecretVariables.Select(secret => $"{secret.Name}={Encoding.UTF8.GetString(secret.Value.Span)}"),
    ];

    private static ImmutableArray<string> Defaults(ImmutableArray<string> environment, ContainerUser user)
    {
        bool Has(string name) => environment.Any(variable => variable.StartsWith(name, StringComparison.Ordinal));
        return
        [
            .. Has("PATH=") ? (ReadOnlySpan<string>)[] : [DefaultPath],
            .. environment,
            .. Has("HOME=") ? (ReadOnlySpan<string>)[] : ["HOME=" + user.Home],
        ];
    }
}
