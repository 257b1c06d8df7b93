using System.Buffers.Binary;
using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>A processor as ELF files and qemu name it, with a few instructions that show whether this machine can run it.</summary>
/// <param name="Architecture">Its GOARCH.</param>
/// <param name="Qemu">As in <c>qemu-NAME-static</c>.</param>
/// <param name="Bits">32 or 64.</param>
/// <param name="Machine">The ELF header's <c>e_machine</c>.</param>
/// <param name="ElfFlags">The ELF header's <c>e_flags</c>: the binary interface, where the processor has several.</param>
/// <param name="Code">Machine code of <c>exit(42)</c>, in hexadecimal digits as it lies in memory.</param>
internal sealed record Processor(string Architecture, string Qemu, int Bits, ushort Machine, uint ElfFlags, string Code)
{
    /// <summary>What the program of <see cref="Program"/> ends with.</summary>
    public const int ExitCode = 42;

    public bool BigEndian { get; init; }

    public static readonly ImmutableArray<Processor> All =
    [
        new("amd64", "x86_64", 64, 62, 0, "b83c000000 bf2a000000 0f05"),
        new("386", "i386", 32, 3, 0, "b801000000 bb2a000000 cd80"),
        new("arm64", "aarch64", 64, 183, 0, "400580d2 a80b80d2 010000d4"),
        new("arm", "arm", 32, 40, 0x05000000, "2a00a0e3 0170a0e3 000000ef"),
        new("ppc64le", "ppc64le", 64, 21, 2, "2a006038 01000038 02000044"),
        new("riscv64", "riscv64", 64, 243, 0, "1305a002 9308d005 73000000"),
        new("s390x", "s390x", 64, 22, 0, "a729002a 0a01") { BigEndian = true },
        new("loong64", "loongarch64", 64, 258, 0x43, "04a88002 0b748102 00002b00"),
        new("mips64le", "mips64el", 64, 8, 0x60000000, "2a000424 c2130224 0c000000"),
    ];

    /// <summary>This machine's.</summary>
    /// <exception cref="HostNotReadyException">It is none that Manifold knows.</exception>
    public static Processor Host => All.FirstOrDefault(processor => processor.Architecture == Platform.Host.Architecture)
        ?? throw new HostNotReadyException($"RUN is not supported on {Platform.Host} yet.");

    /// <summary>The first 20 bytes of its executables: what binfmt_misc looks at.</summary>
    public byte[] Header => Program()[..20];

    /// <summary>A whole executable that ends with <see cref="ExitCode"/>.</summary>
    /// <remarks>
    /// Source: System V application binary interface, "ELF header" and "Program header": one loaded segment that is the file itself.
    /// </remarks>
    public byte[] Program()
    {
        const uint address = 0x100000; // a multiple of every processor's page
        var wide = Bits == 64;
        var (headerSize, segmentSize) = wide ? (64, 56) : (52, 32);
        var code = Convert.FromHexString(Code.Replace(" ", "", StringComparison.Ordinal));
        var writer = new Fields(BigEndian);
        var total = (ulong)(headerSize + segmentSize + code.Length);

        writer.Bytes(
            [0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)(wide ? 2 : 1), (byte)(BigEndian ? 2 : 1), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Number(2, 2).Number(Machine, 2).Number(1, 4); // ET_EXEC, e_machine, version
        // entry, segments, no sections
        writer.Number(address + (ulong)(headerSize + segmentSize), Bits / 8).Number((ulong)headerSize, Bits / 8).Number(0, Bits / 8);
        writer.Number(ElfFlags, 4).Number((ulong)headerSize, 2).Number((ulong)segmentSize, 2).Number(1, 2).Number(0, 6);

        const uint load = 1, readAndExecute = 5, alignment = 0x10000;
        writer.Number(load, 4);
        if (wide)
            writer.Number(readAndExecute, 4);
        writer.Number(0, Bits / 8).Number(address, Bits / 8).Number(address, Bits / 8).Number(total, Bits / 8).Number(total, Bits / 8);
        if (!wide)
            writer.Number(readAndExecute, 4);
        writer.Number(alignment, Bits / 8);
        writer.Bytes(code);
        return writer.ToArray();
    }

    private sealed class Fields(bool bigEndian)
    {
        private readonly List<byte> bytes = [];

        public Fields Number(ulong value, int size)
        {
            Span<byte> buffer = stackalloc byte[8];
            if (bigEndian)
                BinaryPrimitives.WriteUInt64BigEndian(buffer, value);
            else
                BinaryPrimitives.WriteUInt64LittleEndian(buffer, value);
            bytes.AddRange(bigEndian ? buffer[^size..] : buffer[..size]);
            return this;
        }

        public void Bytes(ReadOnlySpan<byte> content) => bytes.AddRange(content);

        public byte[] ToArray() => [.. bytes];
    }
}
