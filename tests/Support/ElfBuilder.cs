using System.Buffers.Binary;
using System.Text;

namespace Manifold.Tests.Support;

/// <summary>A processor as ELF files and Debian's folders have it.</summary>
public sealed record Cpu(string Platform, ushort Machine, int Bits, uint Flags, string Loader, string Tuple)
{
    public bool BigEndian { get; init; }

    public static readonly Cpu Amd64 = new("linux/amd64", 62, 64, 0, "/lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu");
    public static readonly Cpu Arm64 = new("linux/arm64", 183, 64, 0, "/lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu");
    public static readonly Cpu Armhf = new("linux/arm/v7", 40, 32, 0x05000400, "/lib/ld-linux-armhf.so.3", "arm-linux-gnueabihf");
    public static readonly Cpu Ppc64le = new("linux/ppc64le", 21, 64, 2, "/lib64/ld64.so.2", "powerpc64le-linux-gnu");
    public static readonly Cpu Riscv64 = new("linux/riscv64", 243, 64, 5, "/lib/ld-linux-riscv64-lp64d.so.1", "riscv64-linux-gnu");
    public static readonly Cpu I386 = new("linux/386", 3, 32, 0, "/lib/ld-linux.so.2", "i386-linux-gnu");
    public static readonly Cpu S390x = new("linux/s390x", 22, 64, 0, "/lib/ld64.so.1", "s390x-linux-gnu") { BigEndian = true };
    public static readonly Cpu Mips64le = new("linux/mips64le", 8, 64, 0x80000007, "/lib64/ld.so.1", "mips64el-linux-gnuabi64");
    public static readonly Cpu Armel = new("linux/arm/v5", 40, 32, 0x05000200, "/lib/ld-linux.so.3", "arm-linux-gnueabi");

    public static readonly Cpu Armv6 = Armhf with { Platform = "linux/arm/v6" };
    public static readonly Cpu X32 = new("linux/amd64", 62, 32, 0, "/libx32/ld-linux-x32.so.2", "x86_64-linux-gnux32");

    public static readonly Cpu[] Five = [Amd64, Arm64, Armhf, Ppc64le, Riscv64];

    /// <summary>Another one of the five, as different as possible.</summary>
    public Cpu Other => this == Amd64 ? Arm64 : Amd64;
}

/// <summary>
/// Makes ELF files with headers as linkers write them and nothing behind them, for any processor. <c>readelf</c> judges them in the tests.
/// </summary>
public sealed record ElfBuilder(Cpu Cpu)
{
    public string? Interpreter { get; init; }
    public string[] Needed { get; init; } = [];
    public string? RPath { get; init; }
    public string? RunPath { get; init; }
    public bool Library { get; init; }
    public byte OsAbi { get; init; }

    /// <summary>The content of a segment of notes.</summary>
    public byte[]? Note { get; init; }

    /// <summary>The content of <c>.ARM.attributes</c>.</summary>
    public byte[]? Attributes { get; init; }

    /// <summary>Go's build record, as <c>go version -m</c> shows it.</summary>
    public string? GoRecord { get; init; }

    /// <summary>How many bytes lie before the dynamic section, as code does in real files.</summary>
    public int Code { get; init; } = 64;

    public static byte[] Static(Cpu cpu) => new ElfBuilder(cpu).Build();

    public static byte[] Dynamic(Cpu cpu, params string[] needed) =>
        new ElfBuilder(cpu) { Interpreter = cpu.Loader, Needed = needed.Length == 0 ? ["libc.so.6"] : needed }.Build();

    public static byte[] SharedLibrary(Cpu cpu, params string[] needed) => new ElfBuilder(cpu) { Library = true, Needed = needed }.Build();

    /// <summary>A program that says that it needs an x86-64 version, as <c>ld -z x86-64-v3</c> has it.</summary>
    public static byte[] ForLevel(Cpu cpu, int level, string? interpreter = null) => new ElfBuilder(cpu)
    {
        Interpreter = interpreter,
        Needed = interpreter is null ? [] : ["libc.so.6"],
        // name size, content size, type 5, "GNU"; then type, size, bits and padding
        Note = [4, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0, .. "GNU\0"u8, 0x02, 0x80, 0, 0xC0, 4, 0, 0, 0, (byte)((1 << level) - 1), 0, 0, 0, 0,
            0, 0, 0],
    }.Build();

    /// <summary>
    /// A program with the attributes that gcc gives it for an Arm version
    /// (Tag_CPU_arch: 6 is v6, 9 v6K, 10 v7), and Tag_Advanced_SIMD_arch.
    /// </summary>
    public static byte[] ForArm(Cpu cpu, byte version, byte simd = 0, string? interpreter = null)
    {
        byte[] pairs = [5, .. "7-A\0"u8, 6, version, 7, (byte)'A', 8, 1, 10, 4, 12, simd, 28, 1, 34, 1];
        return new ElfBuilder(cpu)
        {
            Interpreter = interpreter,
            Attributes = [(byte)'A', (byte)(4 + 6 + 5 + pairs.Length), 0, 0, 0, .. "aeabi\0"u8, 1, (byte)(5 + pairs.Length), 0, 0,
                0, .. pairs]
        }.Build();
    }

    /// <summary>A program as Go's linker makes it: with its note and a build record.</summary>
    public static byte[] Go(Cpu cpu, string setting) => new ElfBuilder(cpu)
    {
        Note = [4, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, .. "Go\0\0"u8, .. "build-id"u8],
        GoRecord = $"path\tx\nbuild\tGOOS=linux\nbuild\t{setting}\n",
    }.Build();

    public byte[] Build()
    {
        var wide = Cpu.Bits == 64;
        var (headerSize, segmentSize, word) = wide ? (64, 56, 8) : (52, 32, 4);
        var isDynamic = Needed.Length > 0 || RPath is not null || RunPath is not null || Library;
        var segments = 1 + (Interpreter is null ? 0 : 1) + (isDynamic ? 1 : 0) + (Note is null ? 0 : 1);
        var strings = new MemoryStream();
        int Add(string text)
        {
            var at = (int)strings.Position;
            strings.Write(Encoding.UTF8.GetBytes(text + "\0"));
            return at;
        }
        Add("");
        var tags = new List<(ulong Tag, ulong Value)>();
        foreach (var name in Needed)
            tags.Add((1, (ulong)Add(name)));
        if (RPath is not null)
            tags.Add((15, (ulong)Add(RPath)));
        if (RunPath is not null)
            tags.Add((29, (ulong)Add(RunPath)));
        var interpreterAt = headerSize + segments * segmentSize;
        var interpreter = Encoding.UTF8.GetBytes(Interpreter is null ? "" : Interpreter + "\0");
        var stringsAt = interpreterAt + interpreter.Length;
        var dynamicAt = (stringsAt + (int)strings.Length + Code + 15) / 16 * 16;
        const ulong address = 0x400000;
        tags.AddRange([(5, address + (ulong)stringsAt), (10, (ulong)strings.Length), (0, 0)]);
        var noteAt = isDynamic ? dynamicAt + tags.Count * 2 * word : dynamicAt;
        byte[] record = GoRecord is null
            ? []
            : [0xFF, .. " Go buildinf:"u8, (byte)word, 2, .. new byte[16], .. Encoding.UTF8.GetBytes(GoRecord)];
        var recordAt = (noteAt + (Note?.Length ?? 0) + 15) / 16 * 16;
        var attributesAt = recordAt + record.Length;
        var sectionsAt = (attributesAt + (Attributes?.Length ?? 0) + 15) / 16 * 16;
        var total = Attributes is null ? attributesAt : sectionsAt + 2 * 40;

        var file = new byte[total];
        var at = 0;
        void Number(ulong value, int size)
        {
            Span<byte> bytes = stackalloc byte[8];
            if (Cpu.BigEndian)
                BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            else
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            (Cpu.BigEndian ? bytes[^size..] : bytes[..size]).CopyTo(file.AsSpan(at));
            at += size;
        }
        void Segment(uint type, int offset, int size, uint flags)
        {
            Number(type, 4);
            if (wide)
                Number(flags, 4);
            Number((ulong)offset, word);
            Number(address + (ulong)offset, word);
            Number(address + (ulong)offset, word);
            Number((ulong)size, word);
            Number((ulong)size, word);
            if (!wide)
                Number(flags, 4);
            Number(type == 1 ? 0x10000UL : 8, word);
        }
        ((byte[])[0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)(wide ? 2 : 1), (byte)(Cpu.BigEndian ? 2 : 1), 1, OsAbi]).CopyTo(file, 0);
        at = 16;
        Number(Library ? 3UL : 2UL, 2);
        Number(Cpu.Machine, 2);
        Number(1, 4);
        Number(address + (ulong)interpreterAt, word);
        Number((ulong)headerSize, word);
        Number(Attributes is null ? 0 : (ulong)sectionsAt, word);
        Number(Cpu.Flags, 4);
        Number((ulong)headerSize, 2);
        Number((ulong)segmentSize, 2);
        Number((ulong)segments, 2);
        Number(Attributes is null ? 0UL : 40, 2);
        Number(Attributes is null ? 0UL : 2, 2);
        Number(0, 2);
        if (Interpreter is not null)
            Segment(3, interpreterAt, interpreter.Length, 4);
        Segment(1, 0, total, 6);
        if (isDynamic)
            Segment(2, dynamicAt, tags.Count * 2 * word, 6);
        if (Note is not null)
            Segment(4, noteAt, Note.Length, 4);
        Note?.CopyTo(file, noteAt);
        record.CopyTo(file, recordAt);
        Attributes?.CopyTo(file, attributesAt);
        if (Attributes is not null)
        {
            at = sectionsAt + 40;
            foreach (var field in new ulong[] { 0, 0x70000003, 0, 0, (ulong)attributesAt, (ulong)Attributes.Length, 0, 0, 1, 0 })
                Number(field, 4);
        }
        interpreter.CopyTo(file, interpreterAt);
        strings.ToArray().CopyTo(file, stringsAt);
        at = dynamicAt;
        foreach (var (tag, value) in isDynamic ? tags : [])
        {
            Number(tag, word);
            Number(value, word);
        }
        return file;
    }
}
