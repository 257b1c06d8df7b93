namespace Manifold.Tests.Verification;

/// <summary>Images without a fault, and what they are made of.</summary>
public sealed partial class ModulesOfTheStart
{
    private static IEnumerable<(string Name, Func<SampleImage> Image)> Make()
    {
        yield return ("HEALTHCHECK NONE", () => App().Healthcheck("NONE"));
        yield return ("a release of Elixir", () => Release(ElfBuilder.Static(Cpu.Arm64), Own));
        yield return ("supervisord, and programs that are right or elsewhere",
            () => Supervised("[program:web]\ncommand=/opt/web %(program_name)s\n[program:x]\ncommand=/opt/gone\n[group:g]\nprograms=web\n")
                .File("opt/web", ElfBuilder.Static(Cpu.Arm64)));
        yield return ("a service of runit that is right, and one that is down",
            () => Debian().File("usr/bin/runsvdir", ElfBuilder.Static(Cpu.Arm64)).File("etc/service/a/run", "#!/bin/sh\nexec /opt/a\n")
                .File("etc/service/b/run", "#!/bin/sh\nexec /opt/gone\n").File("etc/service/b/down", "")
                .File("opt/a", ElfBuilder.Static(Cpu.Arm64)).Cmd("runsvdir", "/etc/service"));
        yield return ("a HEALTHCHECK whose program is elsewhere",
            () => App().Healthcheck("CMD-SHELL", "curl -f http://localhost || exit 1"));
        yield return ("a right HEALTHCHECK", () => App().File("check", ElfBuilder.Static(Cpu.Arm64)).Healthcheck("CMD", "/check"));
        yield return ("modules of Node for every machine",
            () => Node().File("app/node_modules/x/prebuilds/linux-x64/node.napi.node", Foreign)
                .File("app/node_modules/x/prebuilds/linux-arm64/node.napi.node", Own));
        yield return ("a bundler of the machine that builds",
            () => Node().File("app/node_modules/@esbuild/linux-x64/bin/esbuild", Program)
                .File("app/node_modules/@rollup/rollup-linux-x64-gnu/rollup.linux-x64-gnu.node", Foreign));
        yield return ("a package of each machine, in layers of their own",
            () => Node().File("app/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", Foreign).Layer()
                .File("app/node_modules/@img/sharp-linux-arm64/lib/sharp-linux-arm64.node", Own));
        yield return ("Python's modules for several machines",
            () => Python().File("usr/lib/python3/dist-packages/x.cpython-311-x86_64-linux-gnu.so", Foreign)
                .File("usr/lib/python3/dist-packages/x.cpython-311-aarch64-linux-gnu.so", Own));
        yield return ("debugpy, which has libraries for amd64 alone",
            () => Python().File("usr/lib/python3/dist-packages/debugpy/_vendored/pydevd/pydevd_attach_to_process/attach_linux_amd64.so",
                Foreign));
        yield return ("wheels for every machine and for this one",
            () => Python().File("usr/lib/python3/dist-packages/x-1.dist-info/WHEEL", "Tag: py3-none-any\n")
                .File("usr/lib/python3/dist-packages/y-1.dist-info/WHEEL", "Tag: cp311-cp311-manylinux_2_17_aarch64\n"));
        yield return ("a wheel of each machine",
            () => Python().File("w/x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", SampleArchive.Of(("x.so", Foreign)))
                .File("w/x-1.0-cp311-cp311-manylinux_2_28_aarch64.whl", SampleArchive.Of(("x.so", Own))));
        yield return ("a jar with native libraries for all",
            () => Java(("linux-x86_64/libx.so", Foreign), ("linux-aarch64/libx.so", Own), ("win32/x.dll", [1])));
        yield return ("netty, which does without its native part",
            () => Java(("META-INF/native/libnetty_transport_native_epoll_x86_64.so", Foreign)));
        yield return ("a jar for each machine",
            () => Java().File("srv/lib/x-1-linux-x86_64.jar", SampleArchive.Of(("libx.so", Foreign)))
                .File("srv/lib/x-1-linux-aarch_64.jar", SampleArchive.Of(("libx.so", Own))));
        yield return ("a jar off the start", () => App().File("data/x.jar", SampleArchive.Of(("libx.so", Foreign))));
        yield return ("a .NET application with native parts for all",
            () => DotNet().File("app/runtimes/win-x64/native/x.dll", PlantedFaults.WindowsProgram())
                .File("app/runtimes/linux-x64/native/libx.so", Foreign).File("app/runtimes/linux-arm64/native/libx.so", Own));
        yield return ("SQLitePCLRaw, whose mips64 is little-endian",
            () => DotNet().File("app/runtimes/linux-mips64/native/libe_sqlite3.so", ElfBuilder.SharedLibrary(Cpu.Mips64le))
                .File("app/runtimes/linux-arm64/native/libe_sqlite3.so", Own));
        yield return ("node-llama-cpp, whose armv7l is arm64",
            () => Node(Cpu.Amd64).File("app/node_modules/@node-llama-cpp/linux-armv7l/bins/linux-armv7l/libggml.so", Own)
                .File("app/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64/libggml.so", Foreign));
        yield return ("a Windows library beside Linux's",
            () => DotNet().File("app/e_sqlite3.dll", PlantedFaults.WindowsProgram()).File("app/libe_sqlite3.so", Own));
        yield return ("a right LD_PRELOAD", () => App().File("usr/lib/aarch64-linux-gnu/libj.so.2", Own).Env("LD_PRELOAD=libj.so.2"));
        yield return ("a program that the loader is given, without a mode",
            () => Debian().File("app", ElfBuilder.Dynamic(Cpu.Arm64), 0x1A4).Entrypoint("/lib/ld-linux-aarch64.so.1", "/app"));
        yield return ("x86-64-v2 on amd64",
            () => new SampleImage(Cpu.Amd64).File("app", ElfBuilder.ForLevel(Cpu.Amd64, 2)).Entrypoint("/app"));
        yield return ("x86-64-v3 on amd64/v3",
            () => new SampleImage(Cpu.Amd64 with { Platform = "linux/amd64/v3" })
                .File("app", ElfBuilder.ForLevel(Cpu.Amd64, 3)).Entrypoint("/app"));
        yield return ("a distribution that is x86-64-v3 itself",
            () => Debian(Cpu.Amd64).File("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", ElfBuilder.ForLevel(Cpu.Amd64, 3))
                .File("usr/lib/x86_64-linux-gnu/libc.so.6", ElfBuilder.ForLevel(Cpu.Amd64, 3)).Cmd("bash"));
        yield return ("Go with GOAMD64=v1",
            () => new SampleImage(Cpu.Amd64).File("app", ElfBuilder.Go(Cpu.Amd64, "GOAMD64=v1")).Entrypoint("/app"));
        yield return ("Arm v6K on arm/v6",
            () => new SampleImage(Cpu.Armv6).File("app", ElfBuilder.ForArm(Cpu.Armv6, 9)).Entrypoint("/app"));
        yield return ("Arm v6 with hand-written NEON code that asks first",
            () => new SampleImage(Cpu.Armv6).File("app", ElfBuilder.ForArm(Cpu.Armv6, 10, simd: 1)).Entrypoint("/app"));
        yield return ("Arm v7 on arm/v7",
            () => new SampleImage(Cpu.Armhf).File("app", ElfBuilder.ForArm(Cpu.Armhf, 10)).Entrypoint("/app"));
        yield return ("the loader of 386 on amd64, and what it loads",
            () => Debian(Cpu.Amd64).File("usr/lib/ld-linux.so.2", ElfBuilder.SharedLibrary(Cpu.I386))
                .File("usr/lib/libz.so.1", ElfBuilder.SharedLibrary(Cpu.I386)).Cmd("bash"));
        yield return ("modules of a boot loader",
            () => Debian(Cpu.Amd64).File("usr/lib/syslinux/modules/bios/ldlinux.c32", ElfBuilder.SharedLibrary(Cpu.I386), 0x1A4)
                .File("srv/tftp/menu.c32", ElfBuilder.SharedLibrary(Cpu.I386)).Cmd("bash"));
        yield return ("objects, which nobody runs",
            () => App().File("usr/local/go/src/runtime/race/race_linux_amd64.syso", Object(Cpu.Amd64)).File("opt/x.o", Object(Cpu.S390x)));
        yield return ("data that begins like a program",
            () => App().File("data/a", [0x7F, .. "ELF"u8, 2, 1, 7, .. new byte[64]])
                .File("data/b", [0xFE, 0xED, 0xFA, 0xCE, 0xFE, 0xED, 0xFA, 0xCE, .. new byte[64]])
                .File("data/c", [.. "MZ"u8, .. new byte[200]]).File("data/d", [.. "PK\u0003\u0004"u8, .. new byte[60]]));
        yield return ("a program of another machine that is data", () => App().File("srv/samples/x.bin", Program, 0x1A4));
    }

    /// <summary>An assembly whose header names a machine.</summary>
    private static byte[] Assembly(int machine)
    {
        var file = File.ReadAllBytes(typeof(ModulesOfTheStart).Assembly.Location);
        var at = BitConverter.ToInt32(file, 60) + 4;
        (file[at], file[at + 1]) = ((byte)machine, (byte)(machine >> 8));
        return file;
    }

    private static byte[] Object(Cpu cpu)
    {
        var file = ElfBuilder.Static(cpu);
        file[cpu.BigEndian ? 17 : 16] = 1;
        return file;
    }
}
