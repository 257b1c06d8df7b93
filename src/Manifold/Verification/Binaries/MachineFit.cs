using Manifold.Oci;

namespace Manifold.Verification.Binaries;

/// <summary>How a file's machine and a platform go together.</summary>
internal enum FitKind
{
    /// <summary>It is the platform's.</summary>
    Native,

    /// <summary>Some kernels and processors of the platform run it, others do not.</summary>
    Compatible,

    /// <summary>The same processor, another calling convention.</summary>
    WrongAbi,

    /// <summary>Another processor or another system: <c>exec format error</c>.</summary>
    Foreign,
}

/// <summary>The rule by which a platform takes a machine's files.</summary>
/// <param name="Why">For people, where it is neither native nor foreign.</param>
internal readonly record struct MachineFit(FitKind Kind, string? Why = null)
{
    private static readonly MachineFit Native = new(FitKind.Native), Foreign = new(FitKind.Foreign);

    public static MachineFit Of(Platform platform, ElfFile elf)
    {
        var machine = elf.Machine;
        if (machine.Os != platform.Os)
            return Foreign;
        return machine.Architecture == platform.Architecture
            ? SameProcessor(platform, elf)
            : Kin(platform.Architecture, machine.Architecture);
    }

    private static MachineFit SameProcessor(Platform platform, ElfFile elf) => (elf.Machine.Abi, platform.Variant) switch
    {
        ("x32", _) => new(FitKind.WrongAbi, "x32 programs need a kernel with syscall.x32=y, which no distribution sets by default"),
        ("n32", _) => new(FitKind.Compatible, "not every kernel supports n32 programs"),
        ("old ABI", _) => new(FitKind.WrongAbi, "it uses Arm's old ABI, which no distribution has supported since 2011"),
        (Machine.HardFloat, "v5") => new(FitKind.WrongAbi, "the program needs a floating-point unit, which v5 processors do not have"),
        // A static program brings all that it calls; the convention is its own affair.
        (Machine.SoftFloat, "v7" or "v8") when !elf.IsStatic => new(FitKind.Compatible,
            "it needs soft-float libraries (armel), but distributions for this platform are hard-float (armhf)"),
        ("ELFv1", _) when platform.Architecture == "ppc64le" => new(FitKind.WrongAbi, "ppc64le systems use the ELFv2 ABI"),
        _ => Native,
    };

    /// <summary>The processor that a program or library needs, where the platform promises less; e.g. <c>amd64/v3</c>.</summary>
    /// <remarks>
    /// x86-64-v2 is what every amd64 machine of the last fifteen years has, and whole distributions are built for it or for v3 under the
    /// plain name:
    /// what its own loader needs as well is its distribution's affair. Arm's distributions go by the variant's name.
    /// </remarks>
    /// <param name="loader">The loader of the program; null if it has none.</param>
    public static string? TooNew(Platform platform, ElfFile elf, ElfFile? loader)
    {
        const int first = 3;
        var most = (platform.Architecture, platform.Variant) switch
        {
            ("amd64", ['v', var digit]) => Math.Max(digit - '0', first - 1),
            ("amd64", null) => first - 1,
            ("arm", ['v', var digit]) => digit - '0',
            _ => int.MaxValue,
        };
        var isSame = elf.Machine.Architecture == platform.Architecture;
        var ofDistribution = platform.Architecture == "amd64" ? loader?.Level ?? 0 : 0;
        return isSame && elf.Level > most && elf.Level > ofDistribution ? $"{platform.Architecture}/v{elf.Level}" : null;
    }

    // A kernel runs its processor's 32-bit kin if it was configured so and the processor still has that mode.
    private static MachineFit Kin(string platform, string file) => (platform, file) switch
    {
        ("amd64", "386") => new(FitKind.Compatible, "an amd64 kernel runs 386 programs only if it was built with IA32 emulation"),
        ("arm64", "arm") => new(FitKind.Compatible, "many arm64 processors (in servers and Apple computers) have no 32-bit mode"),
        ("ppc64", "ppc") or ("s390x", "s390") or ("mips64", "mips") or ("mips64le", "mipsle") => new(FitKind.Compatible,
            "not every kernel for this platform runs 32-bit programs"),
        _ => Foreign,
    };
}
