using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Tests.Verification;

/// <summary>Images that are right, in all the ways in which they are made: nothing is refused, and nothing is warned of.</summary>
public sealed class CorrectImages
{
    private static readonly Dictionary<string, Func<SampleImage>> Images = Make();

    public static TheoryData<string> Names => new(Images.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task passes(string name)
    {
        var report = await Images[name]().Check();
        Assert.True(report.Findings.All(finding => finding.Severity == FindingSeverity.Note), GateText.Render(report.Findings));
    }

    private static Dictionary<string, Func<SampleImage>> Make()
    {
        var images = new Dictionary<string, Func<SampleImage>>(StringComparer.Ordinal);
        foreach (var cpu in new[] { Cpu.Amd64, Cpu.Arm64, Cpu.Armhf, Cpu.Ppc64le, Cpu.Riscv64, Cpu.I386, Cpu.S390x, Cpu.Armel })
            foreach (var (name, image) in ForEvery(cpu))
                images.Add($"{cpu.Platform}: {name}", image);
        foreach (var (name, image) in Single())
            images.Add(name, image);
        return images;
    }

    private static IEnumerable<(string, Func<SampleImage>)> ForEvery(Cpu cpu)
    {
        SampleImage Image() => new(cpu);
        yield return ("a static program on nothing (Go)", () => Image().File("app", ElfBuilder.Static(cpu)).Entrypoint("/app"));
        yield return ("a static position-independent program",
            () => Image().File("app", new ElfBuilder(cpu) { Library = true }.Build()).Entrypoint("/app"));
        yield return ("Debian with bash", () => Image().Debian().Cmd("bash"));
        yield return ("Debian and a dynamic program (C)",
            () => Image().Debian().Layer().File("usr/local/bin/app", ElfBuilder.Dynamic(cpu)).Entrypoint("app", "--serve"));
        yield return ("Debian and a shell entrypoint", () => Image().Debian().Layer().File("app", ElfBuilder.Dynamic(cpu))
            .Entrypoint("/bin/sh", "-c", "exec /app $OPTIONS >/dev/null 2>&1"));
        yield return ("Debian without Debian (loader and library alone)", () => Image().File(cpu.Loader, ElfBuilder.SharedLibrary(cpu))
            .File($"lib/{cpu.Tuple}/libc.so.6", ElfBuilder.SharedLibrary(cpu))
            .File("app", ElfBuilder.Dynamic(cpu)).Entrypoint("/app"));
        yield return ("Debian without a start, for others to build on", () => Image().Debian());
        yield return ("Debian without a start below a cross toolchain for another machine", () => Image().Debian().Layer()
            .File($"usr/{cpu.Other.Tuple}/bin/tool", ElfBuilder.Static(cpu.Other))
            .File($"usr/{cpu.Other.Tuple}/lib/libc.so.6", ElfBuilder.SharedLibrary(cpu.Other)));
        yield return ("scripts alone in PATH, without a start", () => Image().File("usr/bin/tool", "#!/bin/sh\n"));
        yield return ("as many layers as Docker takes", () => Enumerable.Range(1, 124).Aggregate(
            Image().File("app", ElfBuilder.Static(cpu)).Entrypoint("/app"),
            (image, i) => image.Layer().File($"data/{i}", "1")));
        yield return ("Alpine with busybox links", () => Image().Alpine().Cmd("/bin/sh"));
        yield return ("Alpine and a start script", () => Image().Alpine().Layer().File("start.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n")
            .File("usr/bin/app", ElfBuilder.Static(cpu)).Entrypoint("/start.sh").Cmd("app"));
        yield return ("a script through env", () => Image().Debian().Layer().File("usr/bin/python3", ElfBuilder.Dynamic(cpu))
            .File("app.py", "#!/usr/bin/env python3\n").Entrypoint("/app.py"));
        yield return ("tini and gosu", () => Image().Debian().Layer()
            .File("usr/bin/tini", ElfBuilder.Dynamic(cpu))
            .File("usr/bin/gosu", ElfBuilder.Static(cpu))
            .File("app", ElfBuilder.Static(cpu)).Entrypoint("tini", "-g", "--")
            .Cmd("gosu", "1000:1000", "/app"));
        yield return ("a library in /usr/local/lib by ld.so.conf", () => Image().Debian().Layer()
            .File("etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n")
            .File("usr/local/lib/libx.so.1", ElfBuilder.SharedLibrary(cpu))
            .File("app", ElfBuilder.Dynamic(cpu, "libx.so.1")).Entrypoint("/app"));
    }

    private static IEnumerable<(string, Func<SampleImage>)> Single()
    {
        SampleImage Amd64() => new(Cpu.Amd64);
        SampleImage Arm64() => new(Cpu.Arm64);
        var own = ElfBuilder.Static(Cpu.Arm64);
        var foreign = ElfBuilder.SharedLibrary(Cpu.Amd64);
        yield return ("no entrypoint at all", () => Arm64().File("data", "1"));
        yield return ("a shell text that only the shell understands",
            () => Arm64().Debian().Cmd("sh", "-c", "for x in 1 2; do echo $x; done"));
        yield return ("a shell text whose program is a variable", () => Arm64().Debian().Cmd("sh", "-c", "exec $APP"));
        yield return ("a shell that is handed its program",
            () => Arm64().Debian().Layer().File("app", own).Entrypoint("sh", "-c", "exec \"$@\"", "sh", "/app"));
        yield return ("a start script with a subcommand instead of a program", () =>
            Arm64().Debian().Layer().File("start", "#!/bin/bash\nexec /app \"$@\"\n").File("app", own).Entrypoint("/start").Cmd("serve"));
        yield return ("a start script that names a program of another system", () => Arm64().Debian().Layer()
            .File("start", "#!/bin/bash\n[ -x /opt/gone ] && exec /opt/gone\nexec /app\n").File("app", own).Entrypoint("/start"));
        yield return ("Node's prebuilds for all platforms", () => Arm64().File("app", own)
            .File("srv/node_modules/x/prebuilds/linux-x64/node.napi.node", foreign)
            .File("srv/node_modules/x/prebuilds/linux-arm64/node.napi.node", ElfBuilder.SharedLibrary(Cpu.Arm64))
            .File("srv/node_modules/x/prebuilds/darwin-arm64/node.napi.node", [0xCF, 0xFA, 0xED, 0xFE, 0x0C, 0, 0, 1, .. new byte[64]])
            .File("srv/node_modules/@esbuild/linux-arm64/bin/esbuild", own)
            .File("srv/node_modules/@esbuild/linux-x64/bin/esbuild", ElfBuilder.Static(Cpu.Amd64)).Entrypoint("/app"));
        yield return (".NET's runtimes for all platforms", () => Arm64().File("app", own)
            .File("app.d/runtimes/linux-x64/native/libe_sqlite3.so", foreign)
            .File("app.d/runtimes/linux-arm/native/libe_sqlite3.so", ElfBuilder.SharedLibrary(Cpu.Armhf))
            .File("app.d/runtimes/linux-arm64/native/libe_sqlite3.so", ElfBuilder.SharedLibrary(Cpu.Arm64)).Entrypoint("/app"));
        yield return ("a vendor folder of a Rust triple", () => Arm64().File("app", own)
            .File("opt/codex/vendor/x86_64-unknown-linux-musl/rg", ElfBuilder.Static(Cpu.Amd64)).Entrypoint("/app"));
        yield return ("a cross toolchain", () => Arm64().File("app", own).File("usr/x86_64-linux-gnu/lib/libc.so.6", foreign)
            .File("usr/lib/gcc-cross/x86_64-linux-gnu/12/libgcc_s.so.1", foreign).Entrypoint("/app"));
        yield return ("an emulator that was copied in",
            () => Arm64().File("app", own).File("usr/bin/qemu-aarch64-static", ElfBuilder.Static(Cpu.Amd64)).Entrypoint("/app"));
        yield return ("32-bit libraries beside their kin", () => Amd64().Debian().Layer()
            .File("usr/lib32/libc.so.6", ElfBuilder.SharedLibrary(Cpu.I386))
            .File("usr/lib/i386-linux-gnu/libz.so.1", ElfBuilder.SharedLibrary(Cpu.I386)).Cmd("bash"));
        yield return ("code for graphics cards and BPF", () => Arm64().File("app", own)
            .File("opt/kernel.o", ElfBuilder.Static(Cpu.Arm64 with { Machine = 247 }))
            .File("opt/gfx900.co", ElfBuilder.Static(Cpu.Amd64 with { Machine = 224 })).Entrypoint("/app"));
        yield return ("Java's classes, which begin like a fat Mach-O",
            () => Arm64().File("app", own).File("opt/A.class", [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 61, .. new byte[64]]).Entrypoint("/app"));
        yield return ("a library behind LD_LIBRARY_PATH",
            () => Arm64().Debian().Layer().Env("LD_LIBRARY_PATH=/opt/lib").File("opt/lib/libx.so", ElfBuilder.SharedLibrary(Cpu.Arm64))
                .File("app", ElfBuilder.Dynamic(Cpu.Arm64, "libx.so")).Entrypoint("/app"));
        yield return ("a library behind an inherited RPATH", () => Arm64().Debian().Layer()
            .File("opt/lib/liba.so", ElfBuilder.SharedLibrary(Cpu.Arm64, "libb.so"))
            .File("opt/lib/libb.so", ElfBuilder.SharedLibrary(Cpu.Arm64))
            .File("app", new ElfBuilder(Cpu.Arm64) { Interpreter = Cpu.Arm64.Loader, Needed = ["liba.so"], RPath = "/opt/lib" }.Build())
            .Entrypoint("/app"));
        yield return ("the right library behind one of another machine", () => Amd64().Debian().Layer().Env("LD_LIBRARY_PATH=/usr/lib32")
            .File("usr/lib32/libc.so.6", ElfBuilder.SharedLibrary(Cpu.I386)).Cmd("bash"));
        yield return ("a static program with a calling convention of its own",
            () => new SampleImage(Cpu.Armhf).File("app", ElfBuilder.Static(Cpu.Armel)).Entrypoint("/app"));
        yield return ("alternatives: links to links, absolute and relative", () => Arm64().Debian().Layer()
            .File("usr/lib/jvm/17/bin/java", ElfBuilder.Dynamic(Cpu.Arm64))
            .Link("etc/alternatives/java", "/usr/lib/jvm/17/bin/java")
            .Link("usr/bin/java", "/etc/alternatives/java")
            .Link("usr/local/bin/start", "../../bin/java")
            .Cmd("start", "-jar", "/app.jar"));
        yield return ("a start script that chooses one of several programs by the processor",
            () => Arm64().Debian().Layer().File("app-amd64", ElfBuilder.Static(Cpu.Amd64)).File("app-arm64", own)
                .File("start.sh",
                    "#!/bin/sh\ncase $(uname -m) in\n  x86_64) exec /app-amd64 \"$@\" ;;\n  aarch64) exec /app-arm64 \"$@\" ;;\nesac\n")
                .Entrypoint("/start.sh"));
        yield return ("a start script that sets another PATH before it runs",
            () => Arm64().Debian().Layer().File("opt/venv/bin/python3", own).File("app.py", "#!/usr/bin/env python3\n")
                .File("start.sh", "#!/bin/sh\nexport PATH=/opt/venv/bin:$PATH\nexec /app.py\n").Entrypoint("/start.sh"));
        yield return ("a shell's text with variables that are words or nothing",
            () => Arm64().Debian().Layer().Env("RUN=bash -c").Env("NONE=").Cmd("/bin/sh", "-c", "$RUN ls; $NONE bash; \"$UNSET\"/x"));
        yield return ("packages of npm and wheels for several machines, beside the platform's", () => Arm64().File("app", own)
            .File("srv/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", ElfBuilder.SharedLibrary(Cpu.Amd64))
            .File("srv/node_modules/@img/sharp-linux-arm64/lib/sharp-linux-arm64.node", ElfBuilder.SharedLibrary(Cpu.Arm64))
            .File("opt/x.cpython-311-x86_64-linux-gnu.so", ElfBuilder.SharedLibrary(Cpu.Amd64))
            .File("opt/x.cpython-311-aarch64-linux-gnu.so", ElfBuilder.SharedLibrary(Cpu.Arm64)).Entrypoint("/app"));
        yield return ("a start script that asks before it runs", () => Arm64().Debian().Layer().File("app", own)
            .File("start.sh", "#!/bin/sh\nlog() { echo \"$@\"; }\nlog start\ncommand -v jq >/dev/null && jq . /x\n"
                + "[[ -x /opt/agent ]] && /opt/agent\nmake-me >/app2 2>&1 || true\n(cd /x && ./y)\nexec \"${APP:-/app}\" \"$@\"\n")
            .Entrypoint("/start.sh")
            .Cmd("-v"));
        yield return ("a program that a higher layer put right",
            () => Arm64().Debian().Layer().File("app", ElfBuilder.Static(Cpu.Amd64)).Layer().File("app", own).Entrypoint("/app"));
        yield return ("a foreign file that a higher layer removed",
            () => Arm64().File("app", own).File("tmp/cli", ElfBuilder.Static(Cpu.Amd64)).Layer().Gone("tmp/cli").Entrypoint("/app"));
    }

    [Fact]
    public async Task a_foreign_file_passes_where_the_policy_allows_it_and_not_elsewhere()
    {
        SampleImage Image() =>
            new SampleImage(Cpu.Arm64).File("app", ElfBuilder.Static(Cpu.Arm64)).File("opt/agents/one", ElfBuilder.Static(Cpu.Amd64))
                .File("opt/two", ElfBuilder.Static(Cpu.Amd64)).Entrypoint("/app");
        var report = await Image().Check(new VerificationPolicy { Mode = GateMode.Strict, Allow = ["opt/agents/**"] });
        Assert.Equal(["/opt/two"], report.Findings.Select(finding => finding.Path));
        Assert.Equal(1, report.ForeignFilesExpected);
    }

    [Fact]
    public async Task only_as_many_layers_are_opened_as_the_start_needs()
    {
        var image = new SampleImage(Cpu.Arm64).Debian().Layer().File("big/data", "1").Layer()
            .File("app", ElfBuilder.Static(Cpu.Arm64)).Entrypoint("/app");
        var report = await image.Check(own: false);
        Assert.Equal([2], image.Opened);
        Assert.Equal((1, 3), (report.LayersRead, report.LayerCount));

        var needsBelow = new SampleImage(Cpu.Arm64).File("never", "1").Layer().Debian().Layer()
            .File("app", ElfBuilder.Dynamic(Cpu.Arm64)).Entrypoint("/app");
        Assert.Equal(2, (await needsBelow.Check(own: false)).LayersRead);
        Assert.Equal([2, 1], needsBelow.Opened);
    }
}
