using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Verification.Binaries;

/// <summary>What an ELF file is to a loader: the header's <c>e_type</c>, with position-independent programs told from libraries.</summary>
internal enum ElfKind { Other, Object, Program, Library }

/// <summary>What an ELF file's header, program headers and dynamic section say.</summary>
/// <remarks>
/// Source: System V application binary interface, "Object Files" and "Program Loading and Dynamic Linking"; each processor's supplement for
/// <c>e_flags</c>.
/// </remarks>
internal sealed record ElfFile : FileFacts
{
    public required int Bits { get; init; }
    public bool BigEndian { get; init; }

    /// <summary><c>e_machine</c>.</summary>
    public required ushort Processor { get; init; }

    /// <summary><c>e_flags</c>.</summary>
    public uint Flags { get; init; }

    /// <summary><c>EI_OSABI</c>: 0 System V, 3 GNU/Linux, 9 FreeBSD …</summary>
    public byte OsAbi { get; init; }

    public ElfKind Kind { get; init; }

    /// <summary><c>PT_INTERP</c>: the loader that the kernel starts; null for static programs and most libraries.</summary>
    public string? Interpreter { get; init; }

    /// <summary><c>DT_NEEDED</c>, in order.</summary>
    public ImmutableArray<string> Needed { get; init; } = [];

    /// <summary><c>DT_RPATH</c> and <c>DT_RUNPATH</c> as they stand, colons and all.</summary>
    public string? RPath { get; init; }
    public string? RunPath { get; init; }

    /// <summary>
    /// The least processor that the code is for: 1 to 4 of <c>x86-64-v1</c> to <c>v4</c>, 5 to 8 of Arm's versions;
    /// 0 where the file does not say.
    /// </summary>
    public int Level { get; init; }

    /// <summary>Arm: <c>Tag_ABI_VFP_args</c> says that floating-point arguments go in the processor's registers.</summary>
    public bool HardFloatArguments { get; init; }

    /// <summary>The dynamic section could not be read whole: what the file needs is not known.</summary>
    public bool Partial { get; init; }

    [JsonIgnore]
    public bool IsStatic => Interpreter is null && Needed.IsEmpty;

    [JsonIgnore]
    public Machine Machine => ElfMachines.Of(this);

    [JsonIgnore]
    public override ImmutableArray<Machine> Machines => [Machine];

    /// <summary>Files are equal if their facts are; an array's own equality is its identity.</summary>
    public bool Equals(ElfFile? other) => other is not null
        && (Bits, BigEndian, Processor, Flags, OsAbi, Kind, Interpreter, RPath, RunPath, Partial, Level, HardFloatArguments)
        == (other.Bits, other.BigEndian, other.Processor, other.Flags, other.OsAbi, other.Kind, other.Interpreter, other.RPath,
            other.RunPath, other.Partial, other.Level, other.HardFloatArguments)
        && Needed.SequenceEqual(other.Needed);

    public override int GetHashCode() => HashCode.Combine(Processor, Flags, Kind, Interpreter, Needed.Length);
}
