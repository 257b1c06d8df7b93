using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>Places where files of other platforms belong, so that they are no findings: their path says for whom they are.</summary>
/// <remarks>
/// Node's <c>prebuilds/linux-arm64/</c> and <c>name.linux-x64-gnu.node</c>, .NET's <c>runtimes/win-arm64/native/</c>, Rust's and npm's
/// <c>vendor/aarch64-unknown-linux-musl/</c>, Debian's <c>lib/i386-linux-gnu/</c>, cross toolchains, tests' data, firmware.
/// </remarks>
internal static partial class KnownPlaces
{
    private static readonly ImmutableDictionary<string, Regex> Architectures = new Dictionary<string, string>
    {
        ["amd64"] = "amd64(v[1-4])?|x86[_-]64|x64|win64|linux64|64bit",
        ["386"] = "386|i[3-6]86|x86[_-]32|x86(?![_-]64)|ia32|win32|32bit|lib32",
        ["arm64"] = "arm64|aarch[_-]?64|arm64v8|armv8l?",
        ["arm"] = "arm|arm32|arm(v[5-8]|v[5-8]l|v7hl|v6hl|v7a|hf|el)|eabihf|eabi|gnueabihf|gnueabi|musleabihf|musleabi|arm32v[5-8]",
        ["armbe"] = "armbe|armeb",
        ["arm64be"] = "arm64be|aarch64[_-]be",
        ["ppc64le"] = "ppc64le|ppc64el|ppcle[_-]64|powerpc64le|ppc64",
        ["ppc64"] = "ppc64|powerpc64",
        ["ppc"] = "ppc|ppc32|powerpc",
        ["riscv64"] = "riscv64|riscv64gc|riscv64d",
        ["riscv"] = "riscv32|riscv",
        ["s390x"] = "s390x",
        ["s390"] = "s390",
        ["loong64"] = "loong64|loongarch64",
        ["mips64le"] = "mips64(r6)?(le|el)?",
        ["mips64"] = "mips64(r6)?",
        ["mipsle"] = "mips(r6)?(le|el)?",
        ["mips"] = "mips(r6)?",
        ["sparc64"] = "sparc64|sparcv9|sparc",
        ["ia64"] = "ia64|itanium",
    }.ToImmutableDictionary(pair => pair.Key, pair => Whole(pair.Value), StringComparer.Ordinal);

    private static readonly ImmutableDictionary<string, Regex> Systems = new Dictionary<string, string>
    {
        ["windows"] = "windows|win32|win64|win|win-x64|mingw|msvc|wine|nt",
        ["darwin"] = "darwin|macos|macosx|osx|mac|universal|apple",
        ["freebsd"] = "freebsd",
        ["netbsd"] = "netbsd",
        ["openbsd"] = "openbsd",
        ["solaris"] = "solaris|illumos|sunos",
    }.ToImmutableDictionary(pair => pair.Key, pair => Whole(pair.Value), StringComparer.Ordinal);

    /// <summary>
    /// Whether the path itself says that a file of these machines lies there,
    /// or one for another machine than the platform's.
    /// </summary>
    /// <remarks>Some packages have the wrong machine's file in a folder (arm64 code in <c>armv7l</c>). Only the machine that the folder
    /// is for notices.</remarks>
    public static bool Expect(string path, FileFacts facts, Platform platform)
    {
        var lower = path.ToLowerInvariant();
        return facts is ArchiveFile ? WheelFile.OfName(path) is null : facts is not WheelFile && (ForData().IsMatch(lower)
            || IsWindowsFile(lower, facts) || facts.Machines.Any(machine => Says(lower, machine)) || IsForAnother(lower, platform));
    }

    /// <summary>Whether a file is named as a library that programs load: it needs no mode to be executed.</summary>
    public static bool IsModule(string path) => ModuleName().IsMatch(path);

    /// <summary>
    /// Whether a .NET package ships this native library for every processor. It can only work on one; elsewhere the package
    /// works without it, or fails when it needs it.
    /// </summary>
    /// <remarks>Source: .NET, "RID catalog": <c>linux</c> and its kin are what every <c>linux-ARCHITECTURE</c> falls back to.</remarks>
    public static bool IsForAnyProcessor(string path) => NativeOfAnyProcessor().IsMatch(path);

    /// <summary>Whether a folder is .NET's own, with tools for every system.</summary>
    public static bool IsDotNetItself(string folder) => folder.TrimEnd('/').EndsWith("/dotnet", StringComparison.Ordinal);

    /// <summary>Whether a module of Node.js lies where node-gyp puts what it compiles for the machine that it runs on.</summary>
    public static bool IsCompiledHere(string path) => CompiledModule().IsMatch(path);

    /// <summary>
    /// For a file that an installer takes for the one machine it runs on (npm's <c>@img/sharp-linux-x64</c>, a wheel's
    /// <c>x.cpython-311-x86_64-linux-gnu.so</c>): the path with the machine's names left open, and the scope of its package, which are the
    /// same for another machine's. Empty for any other file.
    /// </summary>
    /// <remarks>A foreign one is in its place only beside one for the platform. What only builds need (bundlers, compilers) may stay
    /// behind alone.</remarks>
    public static ImmutableArray<string> InstalledAs(string path, FileFacts facts)
    {
        if (facts is ArchiveFile && WheelName().Match(path) is { Success: true } wheel)
            return [wheel.Value];
        if (facts is not ElfFile || BuildTool().IsMatch(path))
            return [];
        var isForOne = InstalledForOne().IsMatch(path) && IsModule(path);
        var inScope = path.LastIndexOf("node_modules/@", StringComparison.Ordinal);
        if (!isForOne && inScope < 0)
            return [];
        var open = facts.Machines.Aggregate(path, (name, machine) => NamesOf(machine.ToString())?.Replace(name, "*") ?? name);
        var scope = open.LastIndexOf("node_modules/@", StringComparison.Ordinal);
        var end = scope < 0 ? -1 : open.IndexOf('/', scope + "node_modules/@".Length);
        return (isForOne, end > 0) switch
        {
            (true, true) => [open, open[..end]],
            (true, false) => [open],
            (false, true) => [open[..end]],
            _ => [],
        };
    }

    /// <summary>The names that a machine goes by in paths and command lines, in lower case; null for one without.</summary>
    /// <param name="machine">As <see cref="Machine.ToString"/> has it.</param>
    internal static Regex? NamesOf(string machine) => Architectures.GetValueOrDefault(machine.Split(' ', '/', ',')[0]);

    private static bool Says(string path, Machine machine) => machine.Os == "linux"
        ? machine.Abi == "x32"
            ? path.Contains("x32", StringComparison.Ordinal)
            : Architectures.TryGetValue(machine.Architecture, out var names) && names.IsMatch(path)
        : (Systems.TryGetValue(machine.Os, out var systems) && systems.IsMatch(path)) || (machine.Os == "windows"
            && Architectures.TryGetValue(machine.Architecture, out var processors) && processors.IsMatch(path));

    // On arm64, "arm" may mean arm64.
    private static bool IsForAnother(string path, Platform platform) =>
        Architectures.TryGetValue(platform.Architecture, out var own) && !own.IsMatch(path)
        && Architectures.Any(other => (platform.Architecture, other.Key) != ("arm64", "arm") && other.Value.IsMatch(path));

    // What Python's and others' packages bring along for Windows; a kernel would not start it, and nobody asks it to.
    private static bool IsWindowsFile(string path, FileFacts facts) =>
        facts is PeFile { Managed: false } && WindowsSuffix().IsMatch(path) || path.EndsWith(".dylib", StringComparison.Ordinal);

    private static Regex Whole(string names) => new($"(?<![a-z0-9])(?:{names})(?![a-z0-9])", RegexOptions.CultureInvariant);

    // Emulators that were copied in for a foreign build; tests' data; firmware and boot loaders.
    [GeneratedRegex(
        @"(?:^|/)qemu-[a-z0-9_]+(?:-static)?\z|(?:^|/)(?:testdata|test-data|test_data|fixtures)/|(?:^|/)lib/firmware/|^boot/|"
        + @"^usr/(?:share|lib)/(?:qemu|grub|syslinux|SYSLINUX|extlinux|ipxe|u-boot|opensbi|arm-trusted-firmware|"
        + @"memtest86\+)[^/]*/|\.(?:c32|syso|efi)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ForData();

    [GeneratedRegex(
        @"(?:^|/)node_modules/(?:@[^/]+/)?[^/]*linux(?:musl)?-[a-z0-9]+[^/]*/|\.cpython-[^/]*-linux-[a-z]+\.so\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex InstalledForOne();

    // Bundlers and compilers: a stage on the machine that builds leaves them in node_modules, and nothing that is shipped starts them.
    [GeneratedRegex(
        @"(?:^|/)node_modules/(?:@(?:esbuild|rollup|rolldown|swc|parcel|biomejs|oxc[^/]*|unrs|tailwindcss|rspack|nx|ast-grep|"
        + @"turbo|dprint|cspell|typescript|bufbuild|sass[^/]*)/|@next/swc-|@css-inline/|(?:esbuild|lightningcss|turbo|"
        + @"sass-embedded|dprint|sass)-)", RegexOptions.CultureInvariant)]
    private static partial Regex BuildTool();

    [GeneratedRegex(@"\.(?:node|so)(?:\.[0-9.]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ModuleName();

    [GeneratedRegex(@"(?:^|/)runtimes/(?:any|unix|linux|linux-musl)/native/", RegexOptions.CultureInvariant)]
    private static partial Regex NativeOfAnyProcessor();

    [GeneratedRegex(@"/build/(?:Release|Debug)/[^/]+\.node\z", RegexOptions.CultureInvariant)]
    private static partial Regex CompiledModule();

    // Up to the version: the tags that follow are the machine's.
    [GeneratedRegex(@"^(?:.*/)?[^/-]+-[^/-]+(?=-[^/]*\.whl\z)", RegexOptions.CultureInvariant)]
    private static partial Regex WheelName();

    [GeneratedRegex(@"\.(?:exe|dll|pyd|sys|efi|ocx|scr|cpl|mui)\z", RegexOptions.CultureInvariant)]
    private static partial Regex WindowsSuffix();
}
