using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Snapshots;

namespace Manifold.Sandbox;

/// <summary>What this machine has of what builds use; what each lack costs, and the command that mends it.</summary>
/// <remarks>
/// Looks by trying, also where the store cannot be written: a container is run, an overlay mounted, a program of each platform started.
/// Changes nothing that lasts.
/// </remarks>
internal sealed class HostSurvey(StoreSurvey survey, string? searchPath)
{
    /// <summary>All checks, in the order in which a build meets them.</summary>
    public async Task<ImmutableArray<HostCheck>> RunAsync()
    {
        // Inside of one nothing stood in the way.
        var obstacle =
            UserNamespace.EnteredFor is null ? await new UserNamespaceSurvey(searchPath).FindAsync().ConfigureAwait(false) : null;
        return
        [
            Privilege(obstacle),
            .. survey.Store is { } writable ? await ContainersAsync(writable).ConfigureAwait(false) : [],
            UserNamespaces(obstacle),
            Binfmt(),
            .. survey.Store is { } store ? await PlatformsAsync(new Emulators(store)).ConfigureAwait(false) : [],
            Program("git", ["git"], "contexts and ADD from git repositories do not work", "git"),
            Program("kubectl", ["kubectl", "oc"], "builds on a cluster do not work", "kubernetes-client"),
            Program("xz", ["xz"], "ADD cannot unpack .tar.xz archives", "xz-utils"),
            survey.Check,
        ];
    }

    private async Task<ImmutableArray<HostCheck>> ContainersAsync(Store store) =>
        [
            await RuntimeAsync(new OciRuntimes(store, searchPath)).ConfigureAwait(false),
            Network(await new RunNetworks(store, searchPath).FindAsync().ConfigureAwait(false)),
            await OverlayAsync(store).ConfigureAwait(false),
        ];

    private static async Task<IEnumerable<HostCheck>> PlatformsAsync(Emulators emulators) =>
        (await Task.WhenAll(Emulators.Usual.Select(emulators.ForAsync)).ConfigureAwait(false)).Select(Platform);

    private static HostCheck Privilege(UserNamespaceSurvey.Obstacle? obstacle)
    {
        const string cost = "RUN does not work";
        if (!Environment.IsPrivilegedProcess)
            return Lack("privilege", HostStatus.Missing,
                $"neither root nor a user namespace ({obstacle?.Found ?? "this process has none"})", cost,
                    obstacle?.Remedy ?? "sudo manifold …");
        if (!UserNamespace.IsInitial)
        {
            var who = User.IsRoot ? "root" : "a regular user";
            return new HostCheck { Name = "privilege", Found = $"{who} in a user namespace with {UserNamespace.Size} ids" };
        }
        const int systemAdministration = 21; // CAP_SYS_ADMIN
        var effective = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))["CapEff:".Length..].Trim();
        return (ulong.Parse(effective, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> systemAdministration & 1) == 1
            ? new HostCheck { Name = "privilege", Found = "root" }
            : Lack("privilege", HostStatus.Missing, "root without CAP_SYS_ADMIN", cost, "start this container with --privileged");
    }

    private async Task<HostCheck> RuntimeAsync(OciRuntimes runtimes)
    {
        const string cost = "RUN does not work";
        if (ChildProcess.Find("setpriv", searchPath) is null || ChildProcess.Find("unshare", searchPath) is null)
            return Lack("OCI runtime", HostStatus.Missing, "setpriv and unshare are not installed", cost,
                Remedy.AsRoot("apt-get install util-linux"));
        var all = await runtimes.AllAsync().ConfigureAwait(false);
        var failures = string.Join("; ",
            all.Where(runtime => !runtime.Works).Select(runtime => $"{runtime.Name} does not work here: {runtime.Failure}"));
        if (all.FirstOrDefault(runtime => runtime.Works) is not { } chosen)
            return Lack("OCI runtime", HostStatus.Missing, all.IsEmpty ? "neither crun nor runc is installed" : failures, cost,
                all.Any(runtime => runtime.Name == "runc") ? null : OciRuntimes.RemedyFor(all));
        var version = (await ChildProcess.RunAsync(chosen.Path, ["--version"]).ConfigureAwait(false))?.Output.Split('\n')[0].Split(' ')[^1];
        return new HostCheck { Name = "OCI runtime", Found = $"{chosen.Name} {version}" + (failures.Length > 0 ? $" ({failures})" : "") };
    }

    private static HostCheck Network(NetworkAccess access) => access.Kind switch
    {
        NetworkKind.Private => new HostCheck { Name = "RUN network", Found = $"private to each RUN, through {access.Program}" },
        NetworkKind.Container => new HostCheck { Name = "RUN network", Found = "shared with this container" },
        _ => Lack("RUN network", HostStatus.Reduced, $"shared with this machine, because {access.Reason}",
            "a RUN can reach this machine's services on 127.0.0.1", access.Remedy),
    };

    private async Task<HostCheck> OverlayAsync(Store store)
    {
        var folder = Path.Combine(store.WorkFolder, $"overlay-{Guid.NewGuid():N}");
        var (target, upper) = (Path.Combine(folder, "target"), Path.Combine(folder, "upper"));
        Directory.CreateDirectory(target);
        Directory.CreateDirectory(upper);
        try
        {
            await IsolatedThread.RunAsync(() =>
            {
                new Overlay { Lowers = [], Upper = upper }.Mount(target, Path.Combine(folder, "scratch"));
                return true;
            }).ConfigureAwait(false);
            return new HostCheck
            {
                Name = "overlayfs",
                Found = survey.IsUsable
                    ? "works on the store's disk"
                    : $"works (tested on the disk of {Path.GetDirectoryName(store.Root)})"
            };
        }
        catch (IOException e)
        {
            var remedy = Environment.IsPrivilegedProcess ? "put the store on ext4 or xfs: export MANIFOLD_ROOT=/FOLDER" : "sudo manifold …";
            return Lack("overlayfs", HostStatus.Missing, e.Message.TrimEnd('.'), "RUN does not work", remedy);
        }
        finally
        {
            FileTree.Delete(folder);
        }
    }

    private static HostCheck UserNamespaces(UserNamespaceSurvey.Obstacle? obstacle) => obstacle is null
        ? new HostCheck { Name = "user namespaces", Found = UserNamespace.EnteredFor is null ? "allowed" : "in use" }
        : Lack("user namespaces", HostStatus.Reduced, obstacle.Found, "RUN needs root", obstacle.Remedy);

    private static HostCheck Binfmt() => BinfmtMisc.TryMount()
        ? new HostCheck { Name = "binfmt_misc", Found = $"{BinfmtMisc.Read().Count(IsEmulator)} emulators registered" }
        : Lack("binfmt_misc", HostStatus.Reduced, "not mounted", "RUN works only for this machine's own platform",
        Remedy.AsRoot("mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc"));

    // Whatever its name: that of amd64 on an arm64 machine may be Rosetta.
    internal static bool IsEmulator(BinfmtMisc.Entry entry) => entry.Name.StartsWith("qemu-", StringComparison.Ordinal)
        || Processor.All.Any(processor => entry.Matches(processor.Header));

    internal static HostCheck Platform(Emulation emulation) => emulation.Kind switch
    {
        EmulationKind.Emulated when emulation.Limit is { } limit =>
            Lack(
                emulation.Platform.ToString(),
                HostStatus.Reduced,
                $"emulated by {Path.GetFileName(emulation.Handler)}, registered with flags {emulation.Flags}",
                limit,
                emulation.Remedy),
        EmulationKind.Native => new HostCheck { Name = emulation.Platform.ToString(), Found = "native" },
        EmulationKind.Emulated =>
            new HostCheck { Name = emulation.Platform.ToString(), Found = $"emulated by {Path.GetFileName(emulation.Handler)}" },
        _ => Lack(emulation.Platform.ToString(), HostStatus.Reduced, "not available", $"RUN does not work for {emulation.Platform}",
            emulation.Remedy),
    };

    private HostCheck Program(string name, string[] programs, string cost, string package) =>
        programs.Select(program => ChildProcess.Find(program, searchPath)).OfType<string>().FirstOrDefault() is { } path
            ? new HostCheck { Name = name, Found = path }
            : Lack(name, HostStatus.Reduced, "not installed", cost, Remedy.AsRoot($"apt-get install {package}"));

    private static HostCheck Lack(string name, HostStatus status, string found, string cost, string? remedy) =>
        new()
        {
            Name = name,
            Status = status,
            Found = found,
            Cost = cost,
            Remedy = remedy,
        };
}

/// <summary>One thing that builds use.</summary>
internal sealed record HostCheck
{
    /// <summary>All checks as a JSON document.</summary>
    public static string ToJson(ImmutableArray<HostCheck> checks) =>
        Encoding.UTF8.GetString(OciJson.Write(checks, SandboxJson.Default.ImmutableArrayHostCheck));

    public required string Name { get; init; }
    public HostStatus Status { get; init; }

    /// <summary>What is here.</summary>
    public required string Found { get; init; }

    /// <summary>What does not work for the lack of it.</summary>
    public string? Cost { get; init; }

    /// <summary>The command that mends it.</summary>
    public string? Remedy { get; init; }
}

internal enum HostStatus
{
    /// <summary>All there.</summary>
    Ready,

    /// <summary>Some builds will not work.</summary>
    Reduced,

    /// <summary>No build with a RUN will work.</summary>
    Missing,
}
