using System.IO.Compression;
using Manifold.Verification;
using Manifold.Verification.Findings;

namespace Manifold.Tests.Verification;

/// <summary>
/// Modules that the start's programs load, and programs that they start:
/// for the wrong architecture, they are refused like the start itself.
/// </summary>
public sealed partial class ModulesOfTheStart
{
    internal sealed record Fault(Func<SampleImage> Image, string Id, string? Path, FindingSeverity Severity = FindingSeverity.Error);

    private static readonly Dictionary<string, Fault> Faults = Plant()
        .ToDictionary(each => each.Name, each => each.Fault, StringComparer.Ordinal);
    private static readonly Dictionary<string, Func<SampleImage>> Images = Make()
        .ToDictionary(each => each.Name, each => each.Image, StringComparer.Ordinal);

    public static TheoryData<string> FaultNames => new(Faults.Keys);

    public static TheoryData<string> ImageNames => new(Images.Keys);

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task a_planted_fault_is_refused(string name)
    {
        var fault = Faults[name];
        var report = await fault.Image().Check();
        var finding = report.Findings.FirstOrDefault(each => each.Id == fault.Id && (fault.Path is null || each.Path == fault.Path));
        Assert.True(finding is not null, $"{fault.Id} at {fault.Path} is not among:\n{GateText.Render(report.Findings)}");
        Assert.Equal(fault.Severity, finding.Severity);
    }

    [Theory]
    [MemberData(nameof(ImageNames))]
    public async Task a_right_image_passes_in_silence(string name)
    {
        var report = await Images[name]().Check();
        Assert.True(report.Findings.All(finding => finding.Severity == FindingSeverity.Note), GateText.Render(report.Findings));
    }

    private static readonly byte[] Own = ElfBuilder.SharedLibrary(Cpu.Arm64),
        Foreign = ElfBuilder.SharedLibrary(Cpu.Amd64),
        Program = ElfBuilder.Static(Cpu.Amd64);

    private static SampleImage Debian(Cpu? cpu = null) => new SampleImage(cpu ?? Cpu.Arm64).Debian().Layer();

    private static SampleImage Node(Cpu? cpu = null) =>
        Debian(cpu).File("usr/bin/node", ElfBuilder.Dynamic(cpu ?? Cpu.Arm64)).File("app/server.js", "x", 0x1A4)
            .Workdir("/app").Cmd("node", "server.js");

    private static SampleImage Python() =>
        Debian().File("usr/bin/python3.11", ElfBuilder.Dynamic(Cpu.Arm64)).Link("usr/bin/python3", "python3.11")
            .File("app/main.py", "x", 0x1A4).Cmd("python3", "/app/main.py");

    private static SampleImage Java(params (string Name, byte[] Content)[] jar) =>
        Debian().File("usr/lib/jvm/21/bin/java", ElfBuilder.Dynamic(Cpu.Arm64)).Link("usr/bin/java", "../lib/jvm/21/bin/java")
            .File("srv/app.jar", SampleArchive.Of(jar), 0x1A4).Cmd("java", "-Xmx1g", "-jar", "/srv/app.jar");

    private static SampleImage DotNet() =>
        Debian().File("usr/share/dotnet/dotnet", ElfBuilder.Dynamic(Cpu.Arm64)).Link("usr/bin/dotnet", "../share/dotnet/dotnet")
        .File("app/app.dll", File.ReadAllBytes(typeof(ModulesOfTheStart).Assembly.Location), 0x1A4)
        .Workdir("/app").Entrypoint("dotnet", "app.dll");

    private static SampleImage App(Cpu? cpu = null) =>
        Debian(cpu).File("opt/app/bin/app", ElfBuilder.Dynamic(cpu ?? Cpu.Arm64)).Entrypoint("/opt/app/bin/app");

    private static IEnumerable<(string Name, Fault Fault)> Plant() =>
        [.. OfChecks(), .. OfServices(), .. OfErlang(), .. OfNode(), .. OfPython(), .. OfJava(), .. OfDotNet(), .. OfLoaders(),
            .. OfVariants(), .. OfStarts()];

    private static IEnumerable<(string, Fault)> OfChecks()
    {
        yield return ("a HEALTHCHECK program",
            new(() => App().File("usr/bin/check", Program).Healthcheck("CMD", "check", "--url"), FindingId.WrongMachine, "/usr/bin/check"));
        yield return ("a HEALTHCHECK in the shell form",
            new(() => App().File("check", Program).Healthcheck("CMD-SHELL", "/check || exit 1"), FindingId.WrongMachine, "/check"));
        yield return ("a HEALTHCHECK script",
            new(() => App().File("check", Program).File("check.sh", "#!/bin/sh\nexec /check\n").Healthcheck("CMD", "/check.sh"),
                FindingId.WrongMachine, "/check"));
        yield return ("a HEALTHCHECK without its loader",
            new(() => new SampleImage(Cpu.Arm64).File("app", ElfBuilder.Static(Cpu.Arm64)).File("check", ElfBuilder.Dynamic(Cpu.Arm64))
                .Entrypoint("/app").Healthcheck("CMD", "/check"), FindingId.MissingLoader, "/check"));
    }

    private static IEnumerable<(string, Fault)> OfServices()
    {
        const string Include = "[supervisord]\nnodaemon=true\n[include]\nfiles = /etc/supervisor/conf.d/*.conf\n";
        yield return ("a program of supervisord",
            new(() => Supervised("[supervisord]\n; a comment\n[program:web]\ncommand = /opt/web --port 80 ; web\n")
                .File("opt/web", Program), FindingId.WrongMachine, "/opt/web"));
        yield return ("a program of an included file",
            new(() => Supervised(Include).File("etc/supervisor/conf.d/w.conf", "[program:w]\ndirectory=/srv\ncommand=./w\n", 0x1A4)
                .File("srv/w", Program), FindingId.WrongMachine, "/srv/w"));
        yield return ("a program of supervisord in a shell's text",
            new(() => Supervised("[program:web]\ncommand=bash -c \"exec %(ENV_HOME_OF)s/web\"\n").Env("HOME_OF=/opt")
                .File("opt/web", Program), FindingId.WrongMachine, "/opt/web"));
        yield return ("a program that supervisord starts when somebody asks for it",
            new(() => Supervised("[program:web]\ncommand=/opt/web\nautostart=false\n").File("opt/web", Program),
                FindingId.WrongMachine, "/opt/web", FindingSeverity.Warning));
        foreach (var option in (string[][])[["-c", "/etc/my-supervisor.ini"], ["--configuration=/etc/my-supervisor.ini"]])
            yield return ($"a program of supervisord {option[0]}",
                new(() => Supervised("").File("etc/my-supervisor.ini", "[include]\nfiles=supervisor/w.ini\n", 0x1A4)
                    .File("etc/supervisor/w.ini", "[program:w]\ncommand=env A=1\n  /opt/web\n", 0x1A4)
                    .File("opt/web", Program).Cmd(["supervisord", .. option]), FindingId.WrongMachine, "/opt/web"));
        yield return ("a service of s6",
            new(() => Debian().File("usr/bin/s6-svscan", ElfBuilder.Static(Cpu.Arm64)).File("srv/s/web/run", "#!/bin/sh\nexec /opt/web\n")
                .File("opt/web", Program).Cmd("s6-svscan", "/srv/s"), FindingId.WrongMachine, "/opt/web"));
        yield return ("a service of my_init",
            new(() => Python().File("sbin/my_init", "#!/usr/bin/python3 -u\n").File("etc/service/web/run", "#!/bin/sh\nexec /opt/web\n")
                .File("opt/web", Program).Cmd("/sbin/my_init"), FindingId.WrongMachine, "/opt/web"));
        yield return ("a service of s6-overlay",
            new(() => Debian().File("init", "#!/bin/sh -e\nexec s6-overlay-suexec \"$@\"\n")
                .File("command/with-contenv", ElfBuilder.Static(Cpu.Arm64))
                .File("etc/services.d/web/run", "#!/command/with-contenv bash\nexec s6-setuidgid www /opt/web\n")
                .File("usr/bin/s6-setuidgid", ElfBuilder.Static(Cpu.Arm64)).File("opt/web", Program).Entrypoint("/init"),
                FindingId.WrongMachine, "/opt/web"));
        yield return ("a service of runit",
            new(() => Debian().File("usr/bin/runsvdir", ElfBuilder.Static(Cpu.Arm64))
                .File("etc/service/web/run", "#!/bin/sh\nexec 2>&1\nexec /opt/web\n").File("opt/web", Program)
                .Cmd("runsvdir", "-P", "/etc/service"), FindingId.WrongMachine, "/opt/web"));
    }

    private static IEnumerable<(string, Fault)> OfErlang()
    {
        yield return ("an Elixir release that was made on another machine",
            new(() => Release(beam: Program, nif: Own), FindingId.WrongMachine, "/app/erts-13.1.5/bin/beam.smp"));
        yield return ("a native function of a release",
            new(() => Release(beam: ElfBuilder.Static(Cpu.Arm64), nif: Foreign), FindingId.WrongMachine,
                "/app/lib/bcrypt_elixir-3.0.1/priv/bcrypt_nif.so"));
    }

    // As mix release lays it out; its script works out all paths.
    private static SampleImage Release(byte[] beam, byte[] nif) => Debian()
        .File("app/bin/web", "#!/bin/sh\nexec \"$REL_VSN_DIR/elixir\" \"$@\"\n")
        .File("app/erts-13.1.5/bin/erlexec", ElfBuilder.Static(Cpu.Arm64)).File("app/erts-13.1.5/bin/beam.smp", beam)
        .File("app/lib/bcrypt_elixir-3.0.1/priv/bcrypt_nif.so", nif).Cmd("/app/bin/web", "start");

    private static SampleImage Supervised(string config) => Python().File("usr/bin/supervisord", "#!/usr/bin/python3\n")
        .File("etc/supervisor/supervisord.conf", config, 0x1A4).Cmd("/usr/bin/supervisord", "-n");

    private static IEnumerable<(string, Fault)> OfNode()
    {
        yield return ("a module that node-gyp compiled",
            new(() => Node().File("app/node_modules/bcrypt/lib/binding/napi-v3/bcrypt_lib.node", Foreign, 0x1A4), FindingId.WrongMachine,
                "/app/node_modules/bcrypt/lib/binding/napi-v3/bcrypt_lib.node"));
        yield return ("a module that a Mac compiled",
            new(() => Node().File("app/node_modules/x/build/Release/x.node", [0xCF, 0xFA, 0xED, 0xFE, 0x0C, 0, 0, 1, .. new byte[64]],
                0x1A4), FindingId.WrongMachine, "/app/node_modules/x/build/Release/x.node"));
        yield return ("a package of one machine alone",
            new(() => Node().File("app/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node", Foreign), FindingId.WrongMachine,
                "/app/node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node"));
        yield return ("a module above the script",
            new(() => Debian().File("usr/bin/node", ElfBuilder.Dynamic(Cpu.Arm64)).File("srv/app/dist/main.js", "x")
                .File("srv/app/node_modules/x/x.node", Foreign).Cmd("node", "--enable-source-maps", "/srv/app/dist/main.js"),
                FindingId.WrongMachine, "/srv/app/node_modules/x/x.node"));
        yield return ("a module behind npm start",
            new(() => Debian().File("usr/local/bin/node", ElfBuilder.Dynamic(Cpu.Arm64))
                .File("usr/local/lib/node_modules/npm/bin/npm-cli.js", "#!/usr/bin/env node\n")
                .Link("usr/local/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")
            .File("srv/node_modules/x/x.node", Foreign).Workdir("/srv").Cmd("npm", "start"), FindingId.WrongMachine,
            "/srv/node_modules/x/x.node"));
        yield return ("a module behind tini and a shell script",
            new(() => Node().File("usr/bin/tini", ElfBuilder.Static(Cpu.Arm64))
                .File("start.sh", "#!/bin/sh\nset -e\nexec node $NODE_OPTIONS server.js \"$@\"\n")
                .File("app/node_modules/x/x.node", Foreign).Entrypoint("tini", "--", "/start.sh").Cmd(), FindingId.WrongMachine,
                "/app/node_modules/x/x.node"));
    }

    private static IEnumerable<(string, Fault)> OfPython()
    {
        yield return ("an extension module",
            new(() => Python().File("usr/lib/python3/dist-packages/x/_x.abi3.so", Foreign),
                FindingId.WrongMachine, "/usr/lib/python3/dist-packages/x/_x.abi3.so"));
        yield return ("an extension module whose name says another machine",
            new(() => Python().File("usr/local/lib/python3.11/site-packages/_x.cpython-311-x86_64-linux-gnu.so", Foreign),
                FindingId.WrongMachine, "/usr/local/lib/python3.11/site-packages/_x.cpython-311-x86_64-linux-gnu.so"));
        yield return ("an extension module of a virtual environment, behind a script",
            new(() => Python().Link("opt/venv/bin/python", "/usr/bin/python3").File("opt/venv/bin/gunicorn", "#!/opt/venv/bin/python\n")
                .File("opt/venv/lib/python3.11/site-packages/x.so", Foreign).Cmd("/opt/venv/bin/gunicorn", "app:app"),
            FindingId.WrongMachine, "/opt/venv/lib/python3.11/site-packages/x.so"));
        yield return ("a module with python -m",
            new(() => Python().File("srv/native.so", Foreign).Workdir("/srv").Cmd("python3", "-m", "app"),
                FindingId.WrongMachine, "/srv/native.so"));
        yield return ("an installed wheel for another machine",
            new(() => Python().File("usr/lib/python3/dist-packages/x-1.dist-info/WHEEL",
                "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_17_x86_64\nTag: cp311-cp311-manylinux2014_x86_64\n"),
                    FindingId.WrongMachine, "/usr/lib/python3/dist-packages/x-1.dist-info/WHEEL"));
        yield return ("a wheel for another machine",
            new(() => Python().File("wheels/x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", SampleArchive.Of(("x/_x.so", Foreign))),
                FindingId.WrongMachine, "/wheels/x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"));
        yield return ("a library beside an extension module",
            new(() => Python().File("usr/lib/python3/dist-packages/numpy.libs/libopenblas.so.0", Foreign), FindingId.WrongMachine,
                "/usr/lib/python3/dist-packages/numpy.libs/libopenblas.so.0"));
        yield return ("a gem's extension",
            new(() => Debian().File("usr/local/bin/ruby", ElfBuilder.Dynamic(Cpu.Arm64)).File("usr/local/bundle/gems/x/lib/x.so", Foreign)
                .Cmd("ruby", "/x.rb"), FindingId.WrongMachine, "/usr/local/bundle/gems/x/lib/x.so"));
        yield return ("an extension of PHP",
            new(() => Debian().File("usr/local/sbin/php-fpm", ElfBuilder.Dynamic(Cpu.Arm64))
                .File("usr/local/lib/php/extensions/no-debug-non-zts-20230831/x.so", Foreign).Cmd("php-fpm"), FindingId.WrongMachine,
                "/usr/local/lib/php/extensions/no-debug-non-zts-20230831/x.so"));
    }

    private static IEnumerable<(string, Fault)> OfJava()
    {
        yield return ("a jar with native libraries for another machine alone",
            new(() => Java(("natives/linux-x86_64/libx.so", Foreign)), FindingId.WrongMachine, "/srv/app.jar"));
        yield return ("a jar whose native library's name says nothing",
            new(() => Java(("META-INF/native/libx.so", Foreign)), FindingId.WrongMachine, "/srv/app.jar"));
        yield return ("a jar within a jar",
            new(() => Java(("BOOT-INF/lib/x-1.jar", SampleArchive.Of(("libx.so", Foreign)))), FindingId.WrongMachine, "/srv/app.jar"));
        yield return ("a stored jar within a jar",
            new(() => Java().File("srv/app.jar",
                SampleArchive.Of(CompressionLevel.NoCompression, ("BOOT-INF/lib/x-1.jar", SampleArchive.Of(("libx.so", Foreign)))), 0x1A4),
                    FindingId.WrongMachine, "/srv/app.jar"));
        yield return ("a jar of the class path",
            new(() => Java().File("srv/lib/x.jar", SampleArchive.Of(("libx.so", Foreign)))
                .Cmd("java", "-cp", "/srv/app.jar:/srv/lib/*", "x.Main"), FindingId.WrongMachine, "/srv/lib/x.jar"));
        yield return ("a jar behind options that only the shell knows",
            new(() => Java(("libx.so", Foreign)).Cmd("sh", "-c", "exec java $JAVA_OPTS -jar /srv/app.jar"),
                FindingId.WrongMachine, "/srv/app.jar"));
        yield return ("an unpacked application",
            new(() => Java().File("srv/BOOT-INF/lib/x.jar", SampleArchive.Of(("libx.so", Foreign))).Workdir("/srv")
                .Cmd("java", "org.springframework.boot.loader.launch.JarLauncher"), FindingId.WrongMachine, "/srv/BOOT-INF/lib/x.jar"));
    }

    private static IEnumerable<(string, Fault)> OfDotNet()
    {
        yield return ("a Windows program for dotnet",
            new(() => DotNet().File("app/app.dll", PlantedFaults.WindowsProgram(), 0x1A4), FindingId.WrongMachine, "/app/app.dll"));
        yield return ("a native Windows library beside the assembly",
            new(() => DotNet().File("app/native.dll", PlantedFaults.WindowsProgram(), 0x1A4), FindingId.WrongMachine, "/app/native.dll"));
        // Of linux-x64, as dotnet publish -r linux-x64 -p:PublishReadyToRun=true makes it; .NET ends with BadImageFormatException.
        yield return ("an assembly that is compiled for another processor",
            new(() => DotNet().File("app/app.dll", Assembly(0x8664 ^ 0x7B79), 0x1A4), FindingId.WrongMachine, "/app/app.dll"));
        yield return ("an assembly for another processor beside the program's",
            new(() => DotNet().File("app/x.dll", Assembly(0x8664), 0x1A4), FindingId.WrongMachine, "/app/x.dll"));
        yield return ("a native library beside the assembly",
            new(() => DotNet().File("app/libe_sqlite3.so", Foreign), FindingId.WrongMachine, "/app/libe_sqlite3.so"));
        // MongoDB.Libmongocrypt has it for amd64 alone, and its users on arm64 do without what needs it.
        yield return ("a native library that a package gives to every processor",
            new(() => DotNet().File("app/runtimes/linux/native/libmongocrypt.so", Foreign), FindingId.ForeignFile,
                "/app/runtimes/linux/native/libmongocrypt.so", FindingSeverity.Warning));
    }

    private static IEnumerable<(string, Fault)> OfLoaders()
    {
        yield return ("a plug-in of the program's own folder",
            new(() => App().File("opt/app/plugins/x.so", Foreign), FindingId.WrongMachine, "/opt/app/plugins/x.so"));
        yield return ("a module of nginx",
            new(() => Debian().File("usr/sbin/nginx", ElfBuilder.Dynamic(Cpu.Arm64))
                .File("usr/lib/nginx/modules/ngx_x_module.so", Foreign, 0x1A4).Cmd("nginx", "-g", "daemon off;"), FindingId.WrongMachine,
                "/usr/lib/nginx/modules/ngx_x_module.so"));
        yield return ("a plug-in that an argument names",
            new(() => App().File("data/ext/x.so", Foreign).Cmd("--loadmodule=/data/ext/x.so"), FindingId.WrongMachine, "/data/ext/x.so"));
        yield return ("a plug-in folder that a variable names",
            new(() => App().File("data/p/x.so", Foreign).Env("APP_PLUGIN_PATH=/data/p"), FindingId.WrongMachine, "/data/p/x.so"));
        yield return ("a plug-in below the root",
            new(() => new SampleImage(Cpu.Arm64).Debian().File("app", ElfBuilder.Dynamic(Cpu.Arm64)).File("plugins/x.so", Foreign)
                .Entrypoint("/app"), FindingId.WrongMachine, "/plugins/x.so"));
        yield return ("LD_PRELOAD",
            new(() => App().File("opt/x.so", Foreign).Env("LD_PRELOAD=/opt/x.so"), FindingId.WrongMachine, "/opt/x.so"));
        yield return ("LD_PRELOAD by a name",
            new(() => App().File("usr/lib/aarch64-linux-gnu/libj.so.2", Foreign).Env("LD_PRELOAD=libj.so.2"),
                FindingId.WrongMachine, "/usr/lib/aarch64-linux-gnu/libj.so.2"));
        yield return ("ld.so.preload",
            new(() => App().File("opt/x.so", Foreign).File("etc/ld.so.preload", "/opt/x.so\n"), FindingId.WrongMachine, "/opt/x.so"));
        yield return ("a program that the loader is given",
            new(() => Debian().File("app", ElfBuilder.Dynamic(Cpu.Amd64), 0x1A4)
                .Entrypoint("/lib/ld-linux-aarch64.so.1", "--library-path", "/x", "/app"), FindingId.WrongMachine, "/app"));
        yield return ("a program that musl's loader is given",
            new(() => new SampleImage(Cpu.Arm64).Alpine().File("app", Program).Entrypoint("/lib/ld-musl-aarch64.so.1", "/app"),
                FindingId.WrongMachine, "/app"));
        yield return ("a library of the loader's path",
            new(() => Debian().File("app", ElfBuilder.Dynamic(Cpu.Arm64, "libx.so")).File("x/libx.so", Foreign)
                .Entrypoint("/lib/ld-linux-aarch64.so.1", "--library-path", "/x", "/app"), FindingId.WrongMachine, "/x/libx.so"));
    }

    private static IEnumerable<(string, Fault)> OfVariants()
    {
        yield return ("x32 on amd64",
            new(() => new SampleImage(Cpu.Amd64).File("app", ElfBuilder.Static(Cpu.X32)).Entrypoint("/app"), FindingId.WrongAbi, "/app"));
        yield return ("x86-64-v3 on amd64",
            new(() => new SampleImage(Cpu.Amd64).File("app", ElfBuilder.ForLevel(Cpu.Amd64, 3)).Entrypoint("/app"),
                FindingId.WrongVariant, "/app"));
        yield return ("x86-64-v4 on amd64/v3",
            new(() => new SampleImage(Cpu.Amd64 with { Platform = "linux/amd64/v3" }).File("app", ElfBuilder.ForLevel(Cpu.Amd64, 4))
                .Entrypoint("/app"), FindingId.WrongVariant, "/app"));
        yield return ("a library for x86-64-v3",
            new(() => Debian(Cpu.Amd64).File("usr/lib/x86_64-linux-gnu/libx.so", ElfBuilder.ForLevel(Cpu.Amd64, 3))
                .File("app", ElfBuilder.Dynamic(Cpu.Amd64, "libx.so")).Entrypoint("/app"), FindingId.WrongVariant,
                "/usr/lib/x86_64-linux-gnu/libx.so"));
        yield return ("Go with GOAMD64=v3",
            new(() => new SampleImage(Cpu.Amd64).File("app", ElfBuilder.Go(Cpu.Amd64, "GOAMD64=v3")).Entrypoint("/app"),
                FindingId.WrongVariant, "/app"));
        yield return ("Arm v7 on arm/v6",
            new(() => new SampleImage(Cpu.Armv6).File("app", ElfBuilder.ForArm(Cpu.Armv6, 10)).Entrypoint("/app"),
                FindingId.WrongVariant, "/app"));
        yield return ("a distribution for Arm v7 on arm/v6",
            new(() => Debian(Cpu.Armv6).File("usr/lib/arm-linux-gnueabihf/ld-linux-armhf.so.3", ElfBuilder.ForArm(Cpu.Armv6, 10))
                .File("usr/bin/app", ElfBuilder.ForArm(Cpu.Armv6, 10, interpreter: Cpu.Armhf.Loader)).Cmd("app"),
                FindingId.WrongVariant, "/usr/bin/app"));
        yield return ("Arm v6 on arm/v5",
            new(() => new SampleImage(Cpu.Armel).File("app", ElfBuilder.Go(Cpu.Armel, "GOARM=6")).Entrypoint("/app"),
                FindingId.WrongVariant, "/app"));
        yield return ("Go with GOARM=7 on arm/v6",
            new(() => new SampleImage(Cpu.Armv6).File("app", ElfBuilder.Go(Cpu.Armv6 with { Flags = 0x05000000 }, "GOARM=7"))
                .Entrypoint("/app"), FindingId.WrongVariant, "/app"));
        yield return ("hard-float arguments that only the attributes tell of, on arm/v5",
            new(() => new SampleImage(Cpu.Armel).File("app", ElfBuilder.ForArm(Cpu.Armel with { Flags = 0x05000000 }, 4))
                .Entrypoint("/app"), FindingId.WrongAbi, "/app"));
    }

    private static IEnumerable<(string, Fault)> OfStarts()
    {
        yield return ("scratch, and nothing copied",
            new(() => new SampleImage(Cpu.Arm64).Cmd("/pause"), FindingId.MissingEntrypoint, null));
        yield return ("scratch with data alone",
            new(() => new SampleImage(Cpu.Arm64).File("etc/x", "1", 0x1A4).Entrypoint("/app"), FindingId.MissingEntrypoint, null));
        yield return ("scratch, and a name for PATH",
            new(() => new SampleImage(Cpu.Arm64).Cmd("pause"), FindingId.MissingEntrypoint, null));
        yield return ("the shell form without a shell",
            new(() => new SampleImage(Cpu.Arm64).File("app", ElfBuilder.Static(Cpu.Arm64)).Cmd("/bin/sh", "-c", "/app"),
                FindingId.MissingEntrypoint, null));
        yield return ("a volume that may bring the program",
            new(() => new SampleImage(Cpu.Arm64).Volume("/srv").Cmd("/srv/app"),
                FindingId.MissingEntrypoint, null, FindingSeverity.Warning));
        yield return ("an image that others are built on",
            new(() => new SampleImage(Cpu.Arm64).OnBuild("COPY app /app").Cmd("/app"),
                FindingId.MissingEntrypoint, null, FindingSeverity.Warning));
    }
}
