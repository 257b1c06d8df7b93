using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>What an OCI runtime is told: the file config.json.</summary>
/// <remarks>
/// Capabilities, masks, devices and mounts are Docker's defaults; "no new privileges" is off, as in <c>docker build</c>, because package
/// managers use setuid programs. Source: OCI runtime specification, "Configuration" and "Linux Container Configuration".
/// </remarks>
internal sealed record Bundle
{
    private static readonly ImmutableArray<string> Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    private static readonly ImmutableArray<string> MaskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly ImmutableArray<string> ReadOnlyPaths =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public sealed record Mount(
        [property: JsonPropertyName("destination")] string Target, string Type, string Source, ImmutableArray<string> Options);

    private const long DefaultSharedMemory = 64 << 20;

    /// <summary>What every RUN has, in the order of mounting.</summary>
    public static ImmutableArray<Mount> Standard(long? sharedMemory, bool insecure) =>
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", $"size={sharedMemory ?? DefaultSharedMemory}"]),
        new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", insecure ? "rw" : "ro"]),
    ];

    public required string Root { get; init; }
    public bool ReadOnlyRoot { get; init; }
    public required ImmutableArray<string> Arguments { get; init; }
    public ImmutableArray<string> Environment { get; init; } = [];
    public string WorkingDirectory { get; init; } = "/";
    public required ContainerUser User { get; init; }
    public required string Hostname { get; init; }
    public required string? CgroupPath { get; init; }
    /// <summary>The runtime makes a network namespace: loopback and nothing else.</summary>
    public bool OwnNetwork { get; init; }

    /// <summary>The runtime is started in a network namespace that is the RUN's own already.</summary>
    public bool InOwnNetwork { get; init; }

    /// <summary>
    /// False where the program shares the runtime's process namespace (<see cref="Container"/>) and so is not its first process.
    /// </summary>
    public bool FirstProcess { get; init; } = true;

    public bool Seccomp { get; init; } = true;

    /// <summary>Everything that this process may do itself, and its devices.</summary>
    public bool Insecure { get; init; }

    /// <summary>Besides the one on open files, which they may replace.</summary>
    public ImmutableArray<ResourceLimit> Limits { get; init; } = [];

    public ImmutableArray<Mount> Mounts { get; init; } = Standard(null, insecure: false);

    /// <summary>Writes <c>config.json</c> into <paramref name="folder"/>.</summary>
    public void Write(string folder)
    {
        using var file = File.Create(Path.Combine(folder, "config.json"));
        JsonSerializer.Serialize(file, Spec(), RuntimeSpecJson.Default.RuntimeSpec);
    }

    private RuntimeSpec Spec() => new()
    {
        OciVersion = "1.0.2",
        Root = new RuntimeRoot(Root, ReadOnlyRoot),
        Hostname = Hostname,
        Process = Process(),
        Mounts = UserNamespace.IsInitial ? Mounts : [.. Mounts.SelectMany(InUserNamespace)],
        Linux = Linux(),
    };

    // By their numbers. What this process cannot do itself it cannot hand on,
    // and a name that the kernel does not know is an error of the runtime.
    private static readonly Lazy<ImmutableArray<string>> AllCapabilities = new(() =>
    {
        ReadOnlySpan<string> names =
        [
            "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
            "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST",
            "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
            "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE",
            "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
            "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
            "PERFMON", "BPF", "CHECKPOINT_RESTORE",
        ];
        var ours = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith("CapEff:", StringComparison.Ordinal))["CapEff:".Length..];
        var bits = ulong.Parse(ours.Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var own = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < names.Length; i++)
            if ((bits & (1UL << i)) != 0)
                own.Add("CAP_" + names[i]);
        return own.ToImmutable();
    });

    private RuntimeProcess Process() => new()
    {
        User = new RuntimeUser(User.Uid, User.Gid, User.Groups),
        Args = Arguments,
        Env = Environment,
        Cwd = WorkingDirectory,
        Capabilities = Insecure
            ? new RuntimeCapabilities
            {
                Bounding = AllCapabilities.Value,
                Effective = AllCapabilities.Value,
                Permitted = AllCapabilities.Value,
                Inheritable = AllCapabilities.Value,
            }
            : new RuntimeCapabilities { Bounding = Capabilities, Effective = Capabilities, Permitted = Capabilities },
        Rlimits = ResourceLimits(),
    };

    // .NET raises its own soft limit to the hard one, and old programs close every descriptor up to it;
    // so a RUN gets what a login shell has.
    private ImmutableArray<RuntimeLimit> ResourceLimits()
    {
        var files = new ResourceLimit("nofile", Math.Min(1024, HardFileLimit.Value), Math.Min(524288, HardFileLimit.Value));
        var all = Limits.Any(limit => limit.Name == files.Name) ? Limits : Limits.Add(files);
        // -1 is RLIM_INFINITY
        return [.. all.Select(limit =>
            new RuntimeLimit("RLIMIT_" + limit.Name.ToUpperInvariant(), unchecked((ulong)limit.Soft), unchecked((ulong)limit.Hard)))];
    }

    private static readonly Lazy<long> HardFileLimit = new(() =>
        File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            ?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, _, var hard, ..]
            && long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue);

    private IEnumerable<Mount> InUserNamespace(Mount mount) => mount.Type switch
    {
        // The kernel mounts a new sysfs only for the owner of the network namespace; with the machine's network it is the machine's,
        // without its groups.
        "sysfs" when !OwnNetwork && !InOwnNetwork =>
        [
            mount with { Type = "bind", Source = "/sys", Options = ["rbind", .. mount.Options] },
            new("/sys/fs/cgroup", "tmpfs", "tmpfs", ["nosuid", "noexec", "nodev", "ro", "mode=755"]),
        ],
        // A home on a disk that is mounted nosuid, say: what the machine forbids there cannot be allowed here, and must be said.
        "bind" => [mount with { Options = [.. mount.Options.Union(MountCalls.Restrictions(mount.Source))] }],
        _ => [mount],
    };

    private RuntimeLinux Linux()
    {
        ReadOnlySpan<(string Name, bool IsOwn)> namespaces =
        [
            ("mount", true), ("ipc", true), ("uts", true), ("pid", FirstProcess), ("network", OwnNetwork), ("cgroup", Cgroups.HasUnified),
        ];
        var own = ImmutableArray.CreateBuilder<RuntimeNamespace>();
        foreach (var (name, isOwn) in namespaces)
        {
            if (isOwn)
                own.Add(new RuntimeNamespace(name));
        }
        return new RuntimeLinux
        {
            CgroupsPath = CgroupPath,
            Namespaces = own.ToImmutable(),
            // All devices are denied. The runtime allows the standard ones itself.
            Resources = CgroupPath is null ? null : new RuntimeResources([new RuntimeDevice(Insecure, "rwm")]),
            MaskedPaths = Insecure ? null : MaskedPaths,
            ReadonlyPaths = Insecure ? null : ReadOnlyPaths,
            Seccomp = Seccomp && !Insecure ? SeccompProfile.Of(Platform.Host.Architecture) : null,
        };
    }
}
