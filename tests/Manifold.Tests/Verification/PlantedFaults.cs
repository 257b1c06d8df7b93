using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Tests.Verification;

/// <summary>Images with one thing wrong: each fault is found, by its id, at its file, with its weight.</summary>
public sealed class PlantedFaults
{
    /// <summary>What must be found in which image.</summary>
    internal sealed record Fault(
        Func<SampleImage> Image, string Id, string? Path, FindingSeverity Severity = FindingSeverity.Error, string? Cause = null);

    private static readonly Dictionary<string, Fault> Faults = Plant();

    public static TheoryData<string> Names => new(Faults.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task is_found(string name)
    {
        var fault = Faults[name];
        var report = await fault.Image().Check();
        var finding = report.Findings.FirstOrDefault(each => each.Id == fault.Id && (fault.Path is null || each.Path == fault.Path));
        Assert.True(finding is not null, $"{fault.Id} at {fault.Path} is not among:\n{GateText.Render(report.Findings)}");
        Assert.Equal(fault.Severity, finding.Severity);
        if (fault.Cause is not null)
            Assert.Equal(fault.Cause, finding.Cause?.Id);
        Assert.Equal(fault.Severity == FindingSeverity.Error,
            new GateReport { Digest = report.Manifest, Platforms = [report] }.IsRefusedBy(VerificationPolicy.Default));
        Assert.True(new GateReport { Digest = report.Manifest, Platforms = [report] }
            .IsRefusedBy(new VerificationPolicy { Mode = GateMode.Strict }));
    }

    private static Dictionary<string, Fault> Plant()
    {
        var faults = new Dictionary<string, Fault>(StringComparer.Ordinal);
        foreach (var cpu in Cpu.Five)
            foreach (var (name, fault) in ForEvery(cpu))
                faults.Add($"{cpu.Platform}: {name}", fault);
        foreach (var (name, fault) in Single())
            faults.Add(name, fault);
        return faults;
    }

    /// <summary>The same mistakes on each of the five platforms.</summary>
    private static IEnumerable<(string, Fault)> ForEvery(Cpu cpu)
    {
        var foreign = cpu.Other;
        SampleImage Image() => new(cpu);
        yield return ("a static program of another machine",
            new(() => Image().File("app", ElfBuilder.Static(foreign)).Entrypoint("/app"), FindingId.WrongMachine, "/app"));
        yield return ("a dynamic program of another machine in a right Debian",
            new(() => Image().Debian().Layer().File("usr/local/bin/app", ElfBuilder.Dynamic(foreign)).Cmd("app"),
                FindingId.WrongMachine, "/usr/local/bin/app"));
        yield return ("a Debian of another machine",
            new(() => Image().Debian(foreign).Cmd("bash"), FindingId.WrongMachine, "/usr/bin/bash", Cause: CauseId.BasePlatform));
        yield return ("a shell entrypoint in a Debian of another machine",
            new(() => Image().Debian(foreign).Entrypoint("/bin/sh", "-c", "echo hello"), FindingId.WrongMachine, "/usr/bin/dash"));
        yield return ("a shell entrypoint that starts a program of another machine",
            new(() => Image().Debian().Layer().File("app", ElfBuilder.Static(foreign)).Entrypoint("/bin/sh", "-c", "exec /app --x"),
                FindingId.WrongMachine, "/app"));
        yield return ("a Debian of another machine, without a start",
            new(() => Image().Debian(foreign), FindingId.WrongMachine, "/usr/bin/bash", Cause: CauseId.BasePlatform));
        yield return ("an Alpine of another machine below a folder of data, without a start",
            new(() => Image().Alpine(foreign).Layer().File("data/a", "1"), FindingId.WrongMachine, "/bin/busybox"));
        yield return ("one program of another machine in PATH, and nothing else", new(
            () => Image().File("usr/local/bin/tool", ElfBuilder.Static(foreign)),
            FindingId.WrongMachine, "/usr/local/bin/tool"));
        yield return ("one in the image's own PATH", new(
            () => Image().Env("PATH=/opt/bin").File("opt/bin/tool", ElfBuilder.Static(foreign)), FindingId.WrongMachine, "/opt/bin/tool"));
        yield return ("a busybox of another machine behind its links",
            new(() => Image().Alpine(foreign).Cmd("ls"), FindingId.WrongMachine, "/bin/busybox"));
        yield return ("a script whose interpreter is of another machine",
            new(() => Image().Alpine(foreign).Layer().File("start.sh", "#!/bin/sh\necho\n").Entrypoint("/start.sh"),
                FindingId.WrongMachine, "/bin/busybox"));
        yield return ("a missing loader", new(() => Image().File("app", ElfBuilder.Dynamic(cpu)).Entrypoint("/app"),
            FindingId.MissingLoader, "/app", Cause: CauseId.NotStatic));
        yield return ("a program for glibc on Alpine",
            new(() => Image().Alpine().Layer().File("app", ElfBuilder.Dynamic(cpu)).Entrypoint("/app"),
                FindingId.MissingLoader, "/app", Cause: CauseId.OtherLibc));
        yield return ("a loader of another machine",
            new(() => Image().File("app", ElfBuilder.Dynamic(cpu)).File(cpu.Loader, ElfBuilder.SharedLibrary(foreign)).Entrypoint("/app"),
                FindingId.WrongMachine, cpu.Loader));
        yield return ("a library of another machine", new(
            () => Image().Debian().Layer().File($"usr/lib/{cpu.Tuple}/libz.so.1", ElfBuilder.SharedLibrary(foreign))
                .File("app", ElfBuilder.Dynamic(cpu, "libc.so.6", "libz.so.1")).Entrypoint("/app"),
            FindingId.WrongMachine, $"/usr/lib/{cpu.Tuple}/libz.so.1"));
        yield return ("a library that is there for another machine only", new(
            () => Image().Debian().Layer().File($"usr/lib/{foreign.Tuple}/libz.so.1", ElfBuilder.SharedLibrary(foreign))
                .File("app", ElfBuilder.Dynamic(cpu, "libz.so.1")).Entrypoint("/app"),
            FindingId.WrongMachine, $"/usr/lib/{foreign.Tuple}/libz.so.1"));
        yield return ("an index that lists another platform's image",
            new(() => Image().ConfigSays(foreign.Platform).File("app", ElfBuilder.Static(foreign)).Entrypoint("/app"),
                FindingId.PlatformMismatch, null, Cause: CauseId.IndexEntry));
        yield return ("a program of another machine beside its own, without a start", new(
            () => Image().Debian().Layer().File("usr/local/bin/tool", ElfBuilder.Static(foreign)),
            FindingId.ForeignFile, "/usr/local/bin/tool", FindingSeverity.Warning));
        yield return ("a program of another machine as data, without a start", new(
            () => Image().File("dist/tool", ElfBuilder.Static(foreign)),
            FindingId.ForeignFile, "/dist/tool", FindingSeverity.Warning));
        yield return ("more layers than Docker takes", new(
            () => Enumerable.Range(1, 125).Aggregate(
                Image().File("app", ElfBuilder.Static(cpu)).Entrypoint("/app"),
                (image, i) => image.Layer().File($"data/{i}", "1")),
            FindingId.TooManyLayers, null, FindingSeverity.Warning));
        yield return ("a helper of another machine off the start",
            new(() => Image().File("app", ElfBuilder.Static(cpu)).File("opt/helper", ElfBuilder.Static(foreign)).Entrypoint("/app"),
                FindingId.ForeignFile, "/opt/helper", FindingSeverity.Warning));
    }

    private static IEnumerable<(string, Fault)> Single()
    {
        SampleImage Arm64() => new(Cpu.Arm64);
        SampleImage Amd64() => new(Cpu.Amd64);
        var foreign = ElfBuilder.Static(Cpu.Amd64);
        yield return ("#!/usr/bin/env with an interpreter of another machine", new(
            () => Arm64().Debian().Layer().File("usr/local/bin/node", ElfBuilder.Dynamic(Cpu.Amd64))
                .File("app.js", "#!/usr/bin/env node\n").Entrypoint("/app.js"), FindingId.WrongMachine, "/usr/local/bin/node"));
        yield return ("#!/usr/bin/env -S with an interpreter of another machine", new(
            () => Arm64().Debian().Layer().File("usr/local/bin/node", foreign)
                .File("app.js", "#!/usr/bin/env -S node --enable-source-maps\n").Entrypoint("/app.js"),
            FindingId.WrongMachine, "/usr/local/bin/node"));
        yield return ("a script of a script of another machine's shell",
            new(() => Arm64().File("bin/sh", foreign).File("bin/run", "#!/bin/sh -e\n").File("start", "#!/bin/run\n").Entrypoint("/start"),
                FindingId.WrongMachine, "/bin/sh"));
        yield return ("a script without its interpreter",
            new(() => Arm64().File("start", "#!/bin/bash\n").Entrypoint("/start"), FindingId.MissingInterpreter, "/start"));
        yield return ("a script with Windows line ends",
            new(() => Arm64().Debian().Layer().File("start", "#!/bin/bash\r\necho\r\n").Entrypoint("/start"),
                FindingId.MissingInterpreter, "/start", Cause: CauseId.LineEndings));
        yield return ("a script with Windows line ends behind env",
            new(() => Arm64().Debian().Layer().File("start", "#!/usr/bin/env bash\r\necho\r\n").Entrypoint("/start"),
                FindingId.MissingInterpreter, "/start", Cause: CauseId.LineEndings));
        yield return ("a script with Windows line ends behind an option",
            new(() => Arm64().Debian().Layer().File("start", "#!/bin/sh -e\r\necho\r\n").Entrypoint("/start"),
                FindingId.NotAProgram, "/start", FindingSeverity.Warning, CauseId.LineEndings));
        yield return ("#!/usr/bin/env with an interpreter that is not there",
            new(() => Arm64().Debian().Layer().File("start", "#!/usr/bin/env python3\n").Entrypoint("/start"),
                FindingId.MissingInterpreter, "/start"));
        yield return ("a shell's text with a variable of ENV", new(
            () => Arm64().Debian().Layer().Env("APP_HOME=/opt/app").File("opt/app/bin/run", foreign)
                .Cmd("/bin/sh", "-c", "exec ${APP_HOME}/bin/run --port $PORT"), FindingId.WrongMachine, "/opt/app/bin/run"));
        yield return ("a script without a #! line", new(() => Arm64().Debian().Layer().File("start", "echo hello\n").Entrypoint("/start"),
            FindingId.NotAProgram, "/start", FindingSeverity.Warning));
        yield return ("an empty entrypoint file",
            new(() => Arm64().File("app", "").Entrypoint("/app"), FindingId.NotAProgram, "/app", FindingSeverity.Warning));
        yield return ("a program of macOS",
            new(() => Arm64().File("app", [0xCF, 0xFA, 0xED, 0xFE, 0x0C, 0, 0, 1, .. new byte[64]]).Entrypoint("/app"),
                FindingId.WrongMachine, "/app", Cause: CauseId.HostSystem));
        yield return ("a program of Windows", new(() => Amd64().File("app.exe", WindowsProgram()).Entrypoint("/app.exe"),
            FindingId.WrongMachine, "/app.exe", Cause: CauseId.HostSystem));
        yield return ("a program of FreeBSD", new(
            () => Amd64().File("app", new ElfBuilder(Cpu.Amd64) { OsAbi = 9 }.Build()).Entrypoint("/app"), FindingId.WrongMachine, "/app"));
        yield return ("tini before a program of another machine",
            new(() => Arm64().File("sbin/tini", ElfBuilder.Static(Cpu.Arm64)).File("app", foreign).Entrypoint("/sbin/tini", "--", "/app"),
                FindingId.WrongMachine, "/app"));
        yield return ("gosu before a program of another machine",
            new(() => Arm64().File("bin/gosu", ElfBuilder.Static(Cpu.Arm64)).File("bin/app", foreign).Entrypoint("gosu", "nobody", "app"),
                FindingId.WrongMachine, "/bin/app"));
        yield return ("dumb-init itself of another machine",
            new(() => Arm64().File("usr/bin/dumb-init", foreign).File("app", ElfBuilder.Static(Cpu.Arm64)).Entrypoint("dumb-init", "/app"),
                FindingId.WrongMachine, "/usr/bin/dumb-init"));
        yield return ("env in the exec form before a program of another machine",
            new(() => Arm64().Debian().Layer().File("app", foreign).Cmd("env", "A=b", "/app"), FindingId.WrongMachine, "/app"));
        yield return ("a start script that ends in exec of another machine's program", new(
            () => Arm64().Debian().Layer().File("app", foreign)
                .File("start.sh", "#!/bin/sh\nset -e\nexec /app \"$@\"\n").Entrypoint("/start.sh"), FindingId.WrongMachine, "/app"));
        yield return ("a start script before a CMD of another machine", new(
            () => Arm64().Debian().Layer().File("usr/bin/db", foreign)
                .File("start.sh", "#!/bin/bash\nset -e\nexec \"$@\"\n").Entrypoint("/start.sh").Cmd("db"),
            FindingId.WrongMachine, "/usr/bin/db"));
        foreach (var (what, script) in Scripts())
            yield return ($"a start script {what}", new(
                () => Arm64().Debian().Layer().File("usr/bin/db", foreign)
                    .Link("usr/bin/gosu", "env").File("start.sh", script).Entrypoint("/start.sh").Cmd("db"),
                FindingId.WrongMachine, "/usr/bin/db"));
        yield return ("a script that a shell is given by its path", new(
            () => Arm64().Debian().Layer().File("usr/bin/db", foreign).File("start.sh", "#!/bin/sh\ndb\n", 0x1A4)
                .Cmd("bash", "-e", "/start.sh"), FindingId.WrongMachine, "/usr/bin/db"));
        yield return ("a program after what may fail", new(
            () => Arm64().Debian().Layer().File("usr/bin/db", foreign)
                .Cmd("sh", "-c", "mkdir /run/db || true; [ -n \"$X\" ] && echo $(id -u); cd /tmp || exit 1; exec db"),
            FindingId.WrongMachine, "/usr/bin/db"));
        yield return ("a program after a whole if",
            new(() => Arm64().Debian().Layer().File("usr/bin/db", foreign).Cmd("sh", "-c", "if [ -f /etc/db ]; then rm /etc/db; fi; db"),
                FindingId.WrongMachine, "/usr/bin/db"));
        yield return ("a start script whose function ends in exec", new(
            () => Arm64().Debian().Layer().File("usr/bin/db", foreign)
                .File("start.sh", "#!/bin/bash\nmain() {\n\texec \"$@\"\n}\nmain \"$@\"\n").Entrypoint("/start.sh").Cmd("db"),
            FindingId.WrongMachine, "/usr/bin/db", FindingSeverity.Warning));
        yield return ("cd and a program by a relative path",
            new(() => Arm64().Debian().Layer().File("srv/app", foreign).Entrypoint("sh", "-c", "cd /srv && exec ./app"),
                FindingId.WrongMachine, "/srv/app"));
        yield return ("a relative entrypoint below WORKDIR",
            new(() => Arm64().File("srv/app", foreign).Workdir("/srv").Entrypoint("./app"), FindingId.WrongMachine, "/srv/app"));
        yield return ("a PATH of its own",
            new(() => Arm64().File("opt/bin/app", foreign).Env("PATH=/opt/bin").Entrypoint("app"), FindingId.WrongMachine, "/opt/bin/app"));
        yield return ("a library at the end of a RUNPATH with $ORIGIN", new(() => Arm64().Debian().Layer().File("opt/bin/app",
            new ElfBuilder(Cpu.Arm64) { Interpreter = Cpu.Arm64.Loader, Needed = ["libx.so"], RunPath = "$ORIGIN/../lib" }.Build())
            .File("opt/lib/libx.so", ElfBuilder.SharedLibrary(Cpu.Amd64))
            .Entrypoint("/opt/bin/app"), FindingId.WrongMachine, "/opt/lib/libx.so"));
        yield return ("a library of a library", new(
            () => Arm64().Debian().Layer()
                .File("usr/lib/aarch64-linux-gnu/liba.so.1", ElfBuilder.SharedLibrary(Cpu.Arm64, "libb.so.1"))
                .File("usr/lib/aarch64-linux-gnu/libb.so.1", ElfBuilder.SharedLibrary(Cpu.Amd64))
                .File("app", ElfBuilder.Dynamic(Cpu.Arm64, "liba.so.1"))
                .Entrypoint("/app"), FindingId.WrongMachine, "/usr/lib/aarch64-linux-gnu/libb.so.1"));
        yield return ("a missing library",
            new(() => Arm64().Debian().Layer().File("app", ElfBuilder.Dynamic(Cpu.Arm64, "libgone.so.3")).Entrypoint("/app"),
                FindingId.MissingLibrary, "/app", FindingSeverity.Warning));
        yield return ("a soft-float library for a hard-float program", new(
            () => new SampleImage(Cpu.Armhf).Debian().Layer()
                .File("usr/lib/arm-linux-gnueabihf/libz.so.1", ElfBuilder.SharedLibrary(Cpu.Armel))
                .File("app", ElfBuilder.Dynamic(Cpu.Armhf, "libz.so.1")).Entrypoint("/app"),
            FindingId.WrongMachine, "/usr/lib/arm-linux-gnueabihf/libz.so.1"));
        yield return ("a hard-float program for a processor without floating point",
            new(() => new SampleImage(Cpu.Armel).File("app", ElfBuilder.Static(Cpu.Armhf)).Entrypoint("/app"), FindingId.WrongAbi, "/app"));
        yield return ("an ELFv1 program on ppc64le",
            new(() => new SampleImage(Cpu.Ppc64le).File("app", ElfBuilder.Static(Cpu.Ppc64le with { Flags = 1 })).Entrypoint("/app"),
                FindingId.WrongAbi, "/app"));
        yield return ("big-endian where little-endian is wanted",
            new(() => new SampleImage(Cpu.Ppc64le).File("app", ElfBuilder.Static(Cpu.Ppc64le with { BigEndian = true })).Entrypoint("/app"),
                FindingId.WrongMachine, "/app"));
        yield return ("a 32-bit program on amd64", new(() => Amd64().File("app", ElfBuilder.Static(Cpu.I386)).Entrypoint("/app"),
            FindingId.CompatibleMachine, "/app", FindingSeverity.Warning));
        yield return ("a 32-bit program on arm64 without its loader", new(
            () => Arm64().Debian().Layer().File("app", ElfBuilder.Dynamic(Cpu.Armhf)).Entrypoint("/app"), FindingId.MissingLoader, "/app"));
        yield return ("an entrypoint that is not there",
            new(() => Arm64().Debian().Entrypoint("/usr/bin/gone"), FindingId.MissingEntrypoint, null, FindingSeverity.Warning));
        yield return ("a command that is in no folder of PATH",
            new(() => Arm64().Debian().Cmd("gone"), FindingId.MissingEntrypoint, null, FindingSeverity.Warning));
        yield return ("a link to nothing", new(() => Arm64().Link("bin/sh", "busybox").Cmd("/bin/sh"), FindingId.MissingEntrypoint, null));
        yield return ("an entrypoint that a higher layer removed",
            new(() => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64)).Layer().Gone("app").Entrypoint("/app"),
                FindingId.MissingEntrypoint, null));
        yield return ("an entrypoint without the mode",
            new(() => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64), 0x1A4).Entrypoint("/app"),
                FindingId.NotExecutable, "/app", FindingSeverity.Warning));
        yield return ("an entrypoint that is a folder",
            new(() => Arm64().Folder("app").Entrypoint("/app"), FindingId.NotExecutable, "/app", FindingSeverity.Warning));
        yield return ("a native module of Node of another machine", new(
            () => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64))
                .File("srv/node_modules/x/build/Release/x.node", ElfBuilder.SharedLibrary(Cpu.Amd64)).Entrypoint("/app"),
            FindingId.ForeignFile, "/srv/node_modules/x/build/Release/x.node", FindingSeverity.Warning));
        yield return ("a native module of Node from a Mac", new(
            () => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64))
                .File("srv/node_modules/x/build/Release/x.node", [0xCF, 0xFA, 0xED, 0xFE, 0x0C, 0, 0, 1, .. new byte[64]])
                .Entrypoint("/app"), FindingId.ForeignFile, "/srv/node_modules/x/build/Release/x.node", FindingSeverity.Warning));
        yield return ("a wheel of another machine", new(
            () => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64))
                .File("usr/lib/python3/dist-packages/x/_x.abi3.so", ElfBuilder.SharedLibrary(Cpu.Amd64)).Entrypoint("/app"),
            FindingId.ForeignFile, "/usr/lib/python3/dist-packages/x/_x.abi3.so", FindingSeverity.Warning));
        yield return ("a wheel whose name says another machine", new(
            () => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64))
                .File("usr/lib/python3/dist-packages/_x.cpython-311-x86_64-linux-gnu.so", ElfBuilder.SharedLibrary(Cpu.Amd64))
                .Entrypoint("/app"),
            FindingId.ForeignFile, "/usr/lib/python3/dist-packages/_x.cpython-311-x86_64-linux-gnu.so", FindingSeverity.Warning));
        yield return ("a package of npm for the machine that installed it", new(
            () => Arm64().File("app", ElfBuilder.Static(Cpu.Arm64))
                .File("srv/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", ElfBuilder.SharedLibrary(Cpu.Amd64))
                .Entrypoint("/app"),
            FindingId.ForeignFile, "/srv/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", FindingSeverity.Warning));
        yield return ("a hard link to a program of another machine",
            new(() => Arm64().File("usr/bin/tool", foreign).HardLink("app", "usr/bin/tool").Entrypoint("/app"),
                FindingId.WrongMachine, "/app"));
    }

    /// <summary>Scripts that come to <c>/usr/bin/db</c>, their argument, whatever happens.</summary>
    private static IEnumerable<(string, string)> Scripts() =>
    [
        ("that starts it without exec", "#!/bin/sh\necho start\n/usr/bin/db --serve\n"),
        ("that finds it in PATH", "#!/usr/bin/env bash\nset -euo pipefail\nexec db --serve\n"),
        ("as official images have it",
            "#!/bin/sh\nset -e\n\n# a comment; with (brackets\nif [ \"${1#-}\" != \"$1\" ] || [ \"${1%.conf}\" != \"$1\" ]; then\n"
                + "\tset -- db \"$@\"\nfi\n\num=\"$(umask)\"\nif [ \"$um\" = '0022' ]; then\n\tumask 0077\nfi\n\nexec \"$@\"\n"),
        ("with a case, a loop and a function",
            "#!/bin/bash\nfile_env() {\n\tlocal var=\"$1\"\n}\nfor f in /docker-entrypoint.d/*; do\n\tcase \"$f\" in\n"
                + "\t\t*.sh) . \"$f\" ;;\n\t\t(*) echo \"ignoring $f\" ;;\n\tesac\ndone\nfile_env X\nexec gosu nobody \"$@\"\n"),
        ("with a here-document", "#!/bin/sh\ncat <<-'EOF' > /etc/db.conf\n\tif [ unended\n\tEOF\nexec \"$@\"\n"),
        ("that sets its arguments", "#!/bin/sh\nset -- db --serve\nexec \"$@\"\n"),
    ];

    internal static byte[] WindowsProgram()
    {
        var file = new byte[256];
        "MZ"u8.CopyTo(file);
        file[60] = 64;
        "PE\0\0"u8.CopyTo(file.AsSpan(64));
        (file[68], file[69]) = (0x64, 0x86);
        return file;
    }
}
