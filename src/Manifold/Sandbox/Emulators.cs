using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>
/// Which platforms this machine can run, by itself or through binfmt_misc and qemu-user; and the registration of those that it could.
/// </summary>
/// <remarks>
/// What runs is found by running: a program of a few bytes for the processor in question must end as it says. So a registration whose
/// emulator is broken, or a processor that also runs its 32-bit kin, is seen as it is. Answers are kept for the life of this object.
/// </remarks>
/// <param name="remembers">Reuses what was seen of a registration since the machine started (<see cref="EmulatorMemory"/>). Builds do;
/// commands that report on the machine try it again.</param>
internal sealed class Emulators(Store store, bool remembers = false)
{
    // Where Debian's name tells qemu that the kernel hands on the program's own name (flag P).
    private const string DebianFolder = "/usr/libexec/qemu-binfmt";
    private static string Install => Remedy.AsRoot("apt-get install qemu-user-static && manifold emulators install");

    private readonly SharedWork<Platform, Emulation> known = new();
    private readonly EmulatorMemory memory = new(store);

    /// <summary>The platforms that people publish, for tables.</summary>
    public static ImmutableArray<Platform> Usual { get; } =
        [.. new[] { "linux/amd64", "linux/386", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64", "linux/s390x" }
            .Select(Platform.Parse)];

    /// <summary>A platform for each processor that can be native or emulated.</summary>
    public static IEnumerable<Platform> All =>
        Usual.Concat(Processor.All.Select(each => Platform.Normalized("linux", each.Architecture, null))
            .Where(platform => Usual.All(usual => usual.Architecture != platform.Architecture)));

    /// <summary>How this machine runs the platform. Costs nothing for its own, else about as long as starting a program, once.</summary>
    public Task<Emulation> ForAsync(Platform platform) =>
        known.GetAsync(platform, _ => LookAsync(platform), CancellationToken.None);

    /// <summary>Whether the platform is emulated.</summary>
    /// <exception cref="HostNotReadyException">It cannot run here.</exception>
    public async Task<bool> RequireAsync(Platform platform)
    {
        var emulation = await ForAsync(platform).ConfigureAwait(false);
        return emulation.Kind == EmulationKind.Missing ? throw NotReady(emulation) : emulation.Kind == EmulationKind.Emulated;
    }

    /// <summary>Registers every installed emulator whose platform does not run yet. Idempotent. Returns what was registered.</summary>
    /// <exception cref="HostNotReadyException">The kernel's table cannot be written, or no emulator is installed.</exception>
    public async Task<ImmutableArray<string>> InstallAsync()
    {
        if (!BinfmtMisc.TryMount())
            throw new HostNotReadyException("Registering emulators: /proc/sys/fs/binfmt_misc cannot be mounted. "
                + "Run as root on the machine itself, outside of a container: sudo manifold emulators install");
        var installed = Processor.All.Where(processor => InterpreterFor(processor) is not null).ToList();
        if (installed.Count == 0)
            throw new HostNotReadyException($"Registering emulators: no emulator is installed. Run: {Install}");
        var done = new List<string>();
        foreach (var processor in installed)
        {
            if ((await LookAsync(Platform.Normalized("linux", processor.Architecture, null)).ConfigureAwait(false)).Kind
                == EmulationKind.Missing
                && Register(processor))
                done.Add($"qemu-{processor.Qemu}");
        }
        known.Forget(_ => true);
        return [.. done];
    }

    private static bool Register(Processor processor)
    {
        var (interpreter, flags) = InterpreterFor(processor)!.Value;
        try
        {
            if (BinfmtMisc.Read().FirstOrDefault(entry => entry.Name == "qemu-" + processor.Qemu) is not { } entry)
                BinfmtMisc.Register(processor, interpreter, flags);
            else if (!entry.Enabled)
                BinfmtMisc.Enable(entry);
            else
                return false; // somebody's own choice, which we do not overwrite; list shows what is wrong with it
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostNotReadyException(
                $"Registering qemu-{processor.Qemu}: {e.Message} Run as root: sudo manifold emulators install", e);
        }
    }

    // F: opened now, so containers need not have it; O, C: opened and credited as the program itself, so that sudo works;
    // P: the program's own name.
    private static (string Path, string Flags)? InterpreterFor(Processor processor)
    {
        var debian = Path.Combine(DebianFolder, processor.Qemu + "-binfmt-P");
        if (File.Exists(debian))
            return (debian, "OCPF");
        var plain = $"/usr/bin/qemu-{processor.Qemu}-static";
        return File.Exists(plain) ? (plain, "OCF") : null;
    }

    private async Task<Emulation> LookAsync(Platform platform)
    {
        if (platform.Os == "linux" && platform.Architecture == Platform.Host.Architecture)
            return new Emulation { Platform = platform, Kind = EmulationKind.Native };
        if (platform.Os != "linux"
            || Processor.All.FirstOrDefault(candidate => candidate.Architecture == platform.Architecture) is not { } processor)
            return Missing(platform, "no emulator is known for this platform", null);
        var entry = BinfmtMisc.Read().FirstOrDefault(entry => entry.Enabled && entry.Matches(processor.Header));
        if (entry is null)
            return IsKin(platform) && await RunsAsync(processor).ConfigureAwait(false)
                ? new Emulation { Platform = platform, Kind = EmulationKind.Native }
                : Missing(platform, "no emulator is registered for this platform", Install);
        if (!entry.Flags.Contains('F', StringComparison.Ordinal))
        {
            var why = $"its emulator {entry.Interpreter} is registered without flag F, so containers cannot use it";
            return Missing(platform, why, Again(entry));
        }
        return await RunsAsync(processor, entry).ConfigureAwait(false)
            ? Emulated(platform, entry)
            : Missing(platform,
                $"its emulator {entry.Interpreter} is registered but fails", Remedy.AsRoot("apt-get install --reinstall qemu-user-static"));
    }

    /// <summary>A platform that runs by a registration, with what the registration's flags keep from working.</summary>
    internal static Emulation Emulated(Platform platform, BinfmtMisc.Entry entry) => new()
    {
        Platform = platform,
        Kind = EmulationKind.Emulated,
        Handler = entry.Interpreter,
        Flags = entry.Flags,
        Limit = LimitOf(entry),
        Remedy = LimitOf(entry) is null ? null : Again(entry),
    };

    /// <remarks>Source: Linux kernel documentation, binfmt_misc. Debian's name ending in -binfmt-P tells qemu to expect flag P.</remarks>
    private static string? LimitOf(BinfmtMisc.Entry entry)
    {
        if (!entry.Flags.Contains('C', StringComparison.Ordinal))
            return "sudo, su and other setuid programs fail in a RUN (flag C is missing)"
                + (entry.Flags.Contains('O', StringComparison.Ordinal) ? ""
                    : ", and so do programs without read permission (flag O is missing)");
        return entry.Interpreter.EndsWith("-binfmt-P", StringComparison.Ordinal) && !entry.Flags.Contains('P', StringComparison.Ordinal)
            ? "programs lose an argument (flag P is missing, and the emulator expects it)" : null;
    }

    /// <summary>Registers an emulator again, with the right flags.</summary>
    private static string Again(BinfmtMisc.Entry entry) =>
        Remedy.AsRoot($"echo -1 > /proc/sys/fs/binfmt_misc/{entry.Name} && manifold emulators install");

    private static Emulation Missing(Platform platform, string why, string? remedy) =>
        new()
        {
            Platform = platform,
            Kind = EmulationKind.Missing,
            Problem = why,
            Remedy = remedy,
        };

    private static HostNotReadyException NotReady(Emulation missing) =>
        new($"RUN for {missing.Platform} on this {Platform.Host} machine: {missing.Problem}. "
            + (missing.Remedy is { } command ? $"Run: {command}" : "Remove the platform, or build it without RUN."));

    // Processors whose 64-bit kind may run the 32-bit one itself.
    private static bool IsKin(Platform platform) =>
        (Platform.Host.Architecture, platform.Architecture) is ("amd64", "386") or ("arm64", "arm");

    private async Task<bool> RunsAsync(Processor processor, BinfmtMisc.Entry entry)
    {
        if (remembers && memory.Works(processor, entry))
            return true;
        if (!await RunsAsync(processor).ConfigureAwait(false))
            return false;
        memory.Remember(processor, entry);
        return true;
    }

    private async Task<bool> RunsAsync(Processor processor)
    {
        var program = Path.Combine(store.WorkFolder, $"try-{processor.Architecture}-{Guid.NewGuid():N}");
        await File.WriteAllBytesAsync(program, processor.Program()).ConfigureAwait(false);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            // A process that another thread forks meanwhile may hold the new file open for writing for an instant (ETXTBSY).
            for (var attempt = 0; attempt < 5; attempt++)
            {
                if (await ChildProcess.RunAsync(program, []).ConfigureAwait(false) is { } result)
                    return result.ExitCode == Processor.ExitCode;
                await Task.Delay(10).ConfigureAwait(false);
            }
            return false;
        }
        finally
        {
            File.Delete(program);
        }
    }
}
