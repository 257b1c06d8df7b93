using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>What an OCI runtime is told: the file config.json.</summary>
/// <remarks>
/// Capabilities, masks, devices and mounts are Docker's defaults; "no new privileges" is off, as in <c>docker build</c>, because package managers use setuid programs.
/// Source: OCI runtime specification, "Configuration" and "Linux Container Configuration".
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

    private static readonly ImmutableArray<string> ReadOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public sealed record Mount(string Target, string Type, string Source, ImmutableArray<string> Options);

    /// <summary>What every RUN has, in the order of mounting.</summary>
    public static readonly ImmutableArray<Mount> StandardMounts =
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        new("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    ];

    public required string Root { get; init; }
    public bool ReadOnlyRoot { get; init; }
    public required ImmutableArray<string> Arguments { get; init; }
    public ImmutableArray<string> Environment { get; init; } = [];
    public string WorkingDirectory { get; init; } = "/";
    public required ContainerUser User { get; init; }
    public required string Hostname { get; init; }
    public required string? CgroupPath { get; init; }
    public bool OwnNetwork { get; init; }

    /// <summary>False where the program shares the runtime's process namespace (<see cref="Container"/>) and so is not its first process.</summary>
    public bool FirstProcess { get; init; } = true;

    public bool Seccomp { get; init; } = true;
    public ImmutableArray<Mount> Mounts { get; init; } = StandardMounts;

    /// <summary>Writes <c>config.json</c> into <paramref name="folder"/>.</summary>
    public void Write(string folder)
    {
        using var file = File.Create(Path.Combine(folder, "config.json"));
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteString("ociVersion", "1.0.2");
        json.WriteStartObject("root");
        json.WriteString("path", Root);
        json.WriteBoolean("readonly", ReadOnlyRoot);
        json.WriteEndObject();
        json.WriteString("hostname", Hostname);
        WriteProcess(json);
        WriteMounts(json);
        WriteLinux(json);
        json.WriteEndObject();
    }

    private void WriteProcess(Utf8JsonWriter json)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", false);
        json.WriteStartObject("user");
        json.WriteNumber("uid", User.Uid);
        json.WriteNumber("gid", User.Gid);
        json.WriteStartArray("additionalGids");
        foreach (var group in User.Groups)
            json.WriteNumberValue(group);
        json.WriteEndArray();
        json.WriteEndObject();
        Strings(json, "args", Arguments);
        Strings(json, "env", Environment);
        json.WriteString("cwd", WorkingDirectory);
        json.WriteStartObject("capabilities");
        foreach (var set in (ReadOnlySpan<string>)["bounding", "effective", "permitted"])
            Strings(json, set, Capabilities);
        json.WriteEndObject();
        WriteLimits(json);
        json.WriteBoolean("noNewPrivileges", false);
        json.WriteEndObject();
    }

    // .NET raises its own soft limit to the hard one, and old programs close every descriptor up to it; so a RUN gets what a login shell has.
    private static void WriteLimits(Utf8JsonWriter json)
    {
        json.WriteStartArray("rlimits");
        json.WriteStartObject();
        json.WriteString("type", "RLIMIT_NOFILE");
        json.WriteNumber("soft", Math.Min(1024, HardFileLimit.Value));
        json.WriteNumber("hard", Math.Min(524288, HardFileLimit.Value));
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static readonly Lazy<long> HardFileLimit = new(() =>
        File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            ?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, _, var hard, ..]
            && long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue);

    private void WriteMounts(Utf8JsonWriter json)
    {
        json.WriteStartArray("mounts");
        foreach (var mount in OwnNetwork || UserNamespace.IsInitial ? Mounts : Mounts.SelectMany(ForForeignNetwork))
        {
            json.WriteStartObject();
            json.WriteString("destination", mount.Target);
            json.WriteString("type", mount.Type);
            json.WriteString("source", mount.Source);
            Strings(json, "options", mount.Options);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // The kernel mounts a new sysfs only for the owner of the network namespace: a user namespace that uses the machine's network shows the machine's, without its groups.
    private static IEnumerable<Mount> ForForeignNetwork(Mount mount) => mount.Type != "sysfs" ? [mount] :
    [
        mount with { Type = "bind", Source = "/sys", Options = ["rbind", .. mount.Options] },
        new("/sys/fs/cgroup", "tmpfs", "tmpfs", ["nosuid", "noexec", "nodev", "ro", "mode=755"]),
    ];

    private void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        if (CgroupPath is not null)
            json.WriteString("cgroupsPath", CgroupPath);
        json.WriteStartArray("namespaces");
        foreach (var (name, own) in (ReadOnlySpan<(string, bool)>)
            [("mount", true), ("ipc", true), ("uts", true), ("pid", FirstProcess), ("network", OwnNetwork), ("cgroup", Cgroups.HasUnified)])
        {
            if (!own)
                continue;
            json.WriteStartObject();
            json.WriteString("type", name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (CgroupPath is not null)
            WriteDeviceRules(json);
        Strings(json, "maskedPaths", MaskedPaths);
        Strings(json, "readonlyPaths", ReadOnlyPaths);
        if (Seccomp)
            SeccompProfile.Write(json);
        json.WriteEndObject();
    }

    private static void WriteDeviceRules(Utf8JsonWriter json)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices"); // all denied; the runtime allows the standard ones itself
        json.WriteStartObject();
        json.WriteBoolean("allow", false);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, ImmutableArray<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
