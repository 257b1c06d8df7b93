using System.Globalization;

namespace Manifold.Verification.Binaries;

/// <summary>What an ELF header's processor, class, byte order and flags mean.</summary>
/// <remarks>
/// Source: the processors' ABI supplements as glibc's <c>elf.h</c> collects them: ELF for the Arm architecture (<c>EF_ARM_ABI_FLOAT_*</c>),
/// Power ELFv2 (<c>EF_PPC64_ABI</c>), RISC-V ELF psABI (<c>EF_RISCV_FLOAT_ABI</c>), MIPS (<c>EF_MIPS_ABI2</c>).
/// </remarks>
internal static class ElfMachines
{
    internal const ushort Amd64 = 62, Arm = 40, Ppc64 = 21, RiscV = 243;

    // EF_ARM_EABIMASK, EF_ARM_EABI_VER5, EF_ARM_ABI_FLOAT_SOFT, EF_ARM_ABI_FLOAT_HARD
    private const uint ArmAbi = 0xFF000000, ArmAbi5 = 0x05000000, ArmSoft = 0x200, ArmHard = 0x400;
    private const uint PpcAbi = 3, RiscVFloat = 6, MipsN32 = 0x20;

    public static Machine Of(ElfFile elf) => new(OsOf(elf.OsAbi), ArchitectureOf(elf), AbiOf(elf));

    /// <summary>
    /// Whether a library and the program that loads it pass floating-point numbers alike, as the loader checks;
    /// what says nothing goes with all.
    /// </summary>
    public static bool SameAbi(ElfFile program, ElfFile library) => program.Processor switch
    {
        RiscV => (program.Flags & RiscVFloat) == (library.Flags & RiscVFloat),
        _ => program.Machine.Abi is null || library.Machine.Abi is null || program.Machine.Abi == library.Machine.Abi,
    };

    // EI_OSABI: only those that brand their programs; the others leave 0.
    private static string OsOf(byte osAbi) => osAbi switch
    {
        2 => "netbsd",
        6 => "solaris",
        9 => "freebsd",
        12 => "openbsd",
        _ => "linux",
    };

    private static string ArchitectureOf(ElfFile elf) => (elf.Processor, elf.Bits, elf.BigEndian) switch
    {
        (62, _, false) => "amd64",
        (3 or 6, 32, false) => "386",
        (Arm, 32, false) => "arm",
        (Arm, 32, true) => "armbe",
        (183, 64, false) => "arm64",
        (183, 64, true) => "arm64be",
        (Ppc64, 64, false) => "ppc64le",
        (Ppc64, 64, true) => "ppc64",
        (20, 32, _) => "ppc",
        (RiscV, 64, false) => "riscv64",
        (RiscV, 32, false) => "riscv",
        (22, 64, true) => "s390x",
        (22, 32, true) => "s390",
        (258, 64, false) => "loong64",
        (8, 64, true) => "mips64",
        (8, 64, false) => "mips64le",
        (8, 32, true) => "mips",
        (8, 32, false) => "mipsle",
        (43, 64, true) => "sparc64",
        (50, 64, _) => "ia64",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Other}{elf.Processor}"),
    };

    /// <summary>How processors begin that no platform has: of graphics cards, controllers, the kernel's BPF.</summary>
    internal const string Other = "processor ";

    private static string? AbiOf(ElfFile elf) => elf.Processor switch
    {
        62 when elf.Bits == 32 => "x32",
        Arm when (elf.Flags & ArmAbi) != ArmAbi5 => (elf.Flags & ArmAbi) == 0 ? "old ABI" : null,
        Arm when elf.HardFloatArguments => Machine.HardFloat,
        Arm => (elf.Flags & (ArmSoft | ArmHard)) switch { ArmHard => Machine.HardFloat, ArmSoft => Machine.SoftFloat, _ => null },
        Ppc64 => (elf.Flags & PpcAbi) switch { 1 => "ELFv1", 2 => "ELFv2", _ => null },
        // double is what all have, and none is what links with nothing
        RiscV => (elf.Flags & RiscVFloat) switch { 2 => "single-float", 6 => "quad-float", _ => null },
        8 when elf.Bits == 32 && (elf.Flags & MipsN32) != 0 => "n32",
        _ => null,
    };
}
