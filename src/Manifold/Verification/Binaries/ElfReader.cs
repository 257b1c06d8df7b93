using System.Buffers.Binary;
using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Verification.Binaries;

/// <summary>
/// Reads an ELF file's headers and what its dynamic section asks of a loader. Section headers, which stripped files may lack, are
/// used for nothing but Arm's attributes.
/// </summary>
/// <remarks>
/// <code>
/// e_ident, header     1  class, byte order, type, machine, flags
/// program headers     2  PT_INTERP, PT_DYNAMIC, and PT_LOAD: where addresses lie in the file
/// dynamic section     3  DT_NEEDED, DT_RPATH, DT_RUNPATH: places in a table of strings
/// <see cref="ElfLevels"/>    4  the least processor, where a note, Arm's attributes or Go's build record say it
/// </code>
/// Whatever the bytes are, this ends soon and does not throw: every count is bounded, and what cannot be read is left out and marked.
/// Source: System V application binary interface, chapters 4 and 5.
/// </remarks>
internal sealed class ElfReader
{
    private const int LoadSegment = 1, DynamicSegment = 2, InterpreterSegment = 3, NoteSegment = 4, WritableFlag = 2;
    private const int NeededTag = 1, StringTableTag = 5, StringSizeTag = 10, RPathTag = 15, RunPathTag = 29, FlagsTag = 0x6FFFFFFB;
    private const ulong PositionIndependentProgram = 0x08000000; // DF_1_PIE
    private const int MostSegments = 1024, MostDynamicBytes = 256 * 1024, MostNeeded = 4096, MostStringBytes = Limits.PathBytes * 4;

    private readonly ByteWindow window;
    private readonly bool wide, bigEndian;
    private readonly List<(ulong Offset, ulong Address, ulong Size)> loaded = [];

    private ElfReader(ByteWindow window, bool wide, bool bigEndian) => (this.window, this.wide, this.bigEndian) = (window, wide, bigEndian);

    /// <summary>Null where the header is not whole or not of a class and byte order that exist.</summary>
    public static ElfFile? TryRead(ByteWindow window)
    {
        var start = window.Start;
        // All linkers write version 1; what has another is data that begins with the same four bytes.
        if (start.Length < 52 || start[4] is not (1 or 2) || start[5] is not (1 or 2) || start[6] != 1 || (start[4] == 2
            && start.Length < 64))
            return null;
        return new ElfReader(window, start[4] == 2, start[5] == 2).Read();
    }

    // 1
    private ElfFile Read()
    {
        var header = window.Start[..(wide ? 64 : 52)].ToArray();
        var type = (int)Number(header, 16, 2);
        var elf = new ElfFile
        {
            Bits = wide ? 64 : 32,
            BigEndian = bigEndian,
            OsAbi = header[7],
            Processor = (ushort)Number(header, 18, 2),
            Flags = (uint)Number(header, wide ? 48 : 36, 4),
            Kind = type switch { 1 => ElfKind.Object, 2 => ElfKind.Program, 3 => ElfKind.Library, _ => ElfKind.Other },
        };
        if (elf.Kind is not (ElfKind.Program or ElfKind.Library))
            return elf;
        return ReadSegments(elf,
            Number(header, wide ? 32 : 28, wide ? 8 : 4), (int)Number(header, wide ? 54 : 42, 2), (int)Number(header, wide ? 56 : 44, 2));
    }

    // 2
    private ElfFile ReadSegments(ElfFile elf, ulong table, int size, int count)
    {
        (ulong Offset, ulong Size)? interpreter = null, dynamic = null, variables = null;
        var notes = new List<(ulong Offset, ulong Size)>();
        var segment = new byte[wide ? 56 : 32];
        if (size < segment.Length)
            return elf with { Partial = count > 0 };
        for (var i = 0; i < Math.Min(count, MostSegments); i++)
        {
            if (!window.TryRead(Signed(table + (ulong)i * (ulong)size), segment))
                return elf with { Partial = true };
            var (offset, address, bytes) = wide
                ? (Number(segment, 8, 8), Number(segment, 16, 8), Number(segment, 32, 8))
                : (Number(segment, 4, 4), Number(segment, 8, 4), Number(segment, 16, 4));
            switch (Number(segment, 0, 4))
            {
                case LoadSegment:
                    loaded.Add((offset, address, bytes));
                    if ((Number(segment, wide ? 4 : 24, 4) & WritableFlag) != 0)
                        variables ??= (offset, bytes);
                    break;
                case NoteSegment: notes.Add((offset, bytes)); break;
                case InterpreterSegment: interpreter ??= (offset, bytes); break;
                case DynamicSegment: dynamic ??= (offset, bytes); break;
            }
        }
        if (interpreter is { } at)
            elf = ReadString(Signed(at.Offset), at.Size) is { Length: > 0 } path
                ? elf with { Interpreter = path }
                : elf with { Partial = true };
        elf = dynamic is { } place ? ReadDynamic(elf, Signed(place.Offset), place.Size) : elf;
        elf = elf.Kind == ElfKind.Library && elf.Interpreter is not null ? elf with { Kind = ElfKind.Program } : elf;
        return new ElfLevels(window, wide, bigEndian).Read(elf, notes, variables); // 4
    }

    // 3
    private ElfFile ReadDynamic(ElfFile elf, long offset, ulong size)
    {
        var entry = wide ? 16 : 8;
        var section = new byte[(int)Math.Min(size, MostDynamicBytes) / entry * entry];
        if (!window.TryRead(offset, section))
            return elf with { Partial = true };
        var tags = Tags(section, entry);
        var strings = FileOffset(tags.FirstOrDefault(tag => tag.Tag == StringTableTag).Value);
        var length = tags.FirstOrDefault(tag => tag.Tag == StringSizeTag).Value;
        string? At(ulong place) => strings is { } table && place < length ? ReadString(Signed(table + place), length - place) : null;
        string? Single(ulong tag) => tags.Where(each => each.Tag == tag).Select(each => At(each.Value)).FirstOrDefault();

        var needed = tags.Where(tag => tag.Tag == NeededTag).Take(MostNeeded).Select(tag => At(tag.Value)).ToList();
        var isProgram = (tags.FirstOrDefault(tag => tag.Tag == FlagsTag).Value & PositionIndependentProgram) != 0;
        return elf with
        {
            Needed = [.. needed.OfType<string>().Where(name => name.Length > 0)],
            RPath = Single(RPathTag),
            RunPath = Single(RunPathTag),
            Partial = elf.Partial || needed.Any(string.IsNullOrEmpty),
            Kind = isProgram ? ElfKind.Program : elf.Kind,
        };
    }

    private List<(ulong Tag, ulong Value)> Tags(byte[] section, int entry)
    {
        var tags = new List<(ulong, ulong)>();
        for (var i = 0; i < section.Length; i += entry)
        {
            var tag = Number(section, i, entry / 2);
            if (tag == 0)
                break;
            tags.Add((tag, Number(section, i + entry / 2, entry / 2)));
        }
        return tags;
    }

    /// <summary>Where an address lies in the file; null where no segment holds it.</summary>
    private ulong? FileOffset(ulong address)
    {
        foreach (var (offset, begin, size) in loaded)
            if (address >= begin && address - begin < size)
                return offset + (address - begin);
        return null;
    }

    private string? ReadString(long offset, ulong most)
    {
        var whole = new List<byte>();
        Span<byte> piece = stackalloc byte[64];
        for (var limit = (int)Math.Min(most, MostStringBytes); whole.Count < limit;)
        {
            var part = piece[..Math.Min(piece.Length, limit - whole.Count)];
            // At the end of a file fewer bytes than a piece may be left.
            if (!window.TryRead(offset + whole.Count, part) && !window.TryRead(offset + whole.Count, part = part[..1]))
                return null;
            var end = part.IndexOf((byte)0);
            whole.AddRange(end < 0 ? part : part[..end]);
            if (end >= 0)
                return FileName.Decode([.. whole]);
        }
        return null;
    }

    private ulong Number(ReadOnlySpan<byte> bytes, int at, int size) => (size, bigEndian) switch
    {
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]),
        (2, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]),
        (4, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]),
        (_, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]),
        (_, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]),
    };

    /// <summary>A place in a file; none is beyond what a signed number holds, and -1 is read by nobody.</summary>
    private static long Signed(ulong offset) => offset > long.MaxValue ? -1 : (long)offset;
}
