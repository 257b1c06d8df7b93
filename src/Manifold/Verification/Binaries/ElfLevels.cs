using System.Buffers.Binary;
using System.Text;

namespace Manifold.Verification.Binaries;

/// <summary>Reads which processor an ELF file needs at least, where it says so.</summary>
/// <remarks>
/// <code>
/// amd64  GNU_PROPERTY_X86_ISA_1_NEEDED of .note.gnu.property; glibc's loader refuses what the processor lacks
/// arm    Tag_CPU_arch of .ARM.attributes, unless there is SIMD code as well:
///        hand-written code that asks the processor first raises the tag, too
/// Go     GOAMD64 and GOARM of the build record; its runtime ends at once on a lesser processor
/// </code>
/// Never throws for what the bytes are. Source: x86-64 psABI, "Program Property"; Addenda to the ABI for the Arm Architecture, "Public
/// aeabi attribute tags";
/// Go, <c>debug/buildinfo</c>.
/// </remarks>
internal sealed class ElfLevels(ByteWindow window, bool wide, bool bigEndian)
{
    private const int MostNoteBytes = 4096, MostRecordBytes = 64 * 1024, MostAttributeBytes = 4096, MostSections = 4096;
    private const uint PropertyNote = 5, IsaNeeded = 0xC0008002, AttributesSection = 0x70000003;

    private static ReadOnlySpan<byte> GoMagic => [0xFF, (byte)' ', (byte)'G', (byte)'o', (byte)' ', (byte)'b', (byte)'u', (byte)'i',
        (byte)'l', (byte)'d', (byte)'i', (byte)'n', (byte)'f', (byte)':'];

    public ElfFile Read(ElfFile elf, List<(ulong Offset, ulong Size)> notes, (ulong Offset, ulong Size)? variables)
    {
        if (elf.Processor is not (ElfMachines.Amd64 or ElfMachines.Arm) || elf.Kind is not (ElfKind.Program or ElfKind.Library))
            return elf;
        var isGo = false;
        foreach (var (offset, size) in notes)
        {
            var note = Bytes(offset, Math.Min(size, MostNoteBytes));
            isGo |= note.Length >= 16 && note.AsSpan(12).StartsWith("Go\0\0"u8);
            if (elf.Processor == ElfMachines.Amd64 && LevelOfNote(note) is > 0 and var level)
                elf = elf with { Level = Math.Max(elf.Level, level) };
        }
        if (isGo && variables is { } place && LevelOfGo(Bytes(place.Offset, Math.Min(place.Size, MostRecordBytes)),
            elf.Processor) is > 0 and var built)
            return elf with { Level = built };
        return elf.Processor == ElfMachines.Arm ? WithAttributes(elf) : elf;
    }

    private int LevelOfNote(byte[] notes)
    {
        var level = 0;
        // name size, content size, type, name and content, each in whole words
        for (var at = 0; at + 12 <= notes.Length;)
        {
            var (name, size, type) = (Number(notes, at), Number(notes, at + 4), Number(notes, at + 8));
            var content = at + 12 + Up(name, 4);
            if (name > MostNoteBytes || size > MostNoteBytes || content + size > notes.Length)
                break;
            if (type == PropertyNote && name == 4 && notes.AsSpan(at + 12).StartsWith("GNU\0"u8))
                level = Math.Max(level, LevelOfProperties(notes.AsSpan((int)content, (int)size)));
            at = (int)(content + Up(size, wide ? 8u : 4u));
        }
        return level;
    }

    private int LevelOfProperties(ReadOnlySpan<byte> properties)
    {
        for (var at = 0; at + 8 <= properties.Length;)
        {
            var (type, size) = (Number(properties, at), Number(properties, at + 4));
            if (size > (uint)(properties.Length - at - 8))
                break;
            if (type == IsaNeeded && size == 4)
                return 32 - int.Min(32, System.Numerics.BitOperations.LeadingZeroCount(Number(properties, at + 8) & 0xF));
            at += 8 + (int)Up(size, wide ? 8u : 4u);
        }
        return 0;
    }

    private static int LevelOfGo(byte[] data, ushort processor)
    {
        var at = data.AsSpan().IndexOf(GoMagic);
        if (at < 0)
            return 0;
        var text = Encoding.Latin1.GetString(data.AsSpan(at));
        var name = processor == ElfMachines.Arm ? "\tGOARM=" : "\tGOAMD64=v";
        var value = text.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return value >= name.Length && value < text.Length && char.IsAsciiDigit(text[value]) ? text[value] - '0' : 0;
    }

    private ElfFile WithAttributes(ElfFile elf)
    {
        var header = window.Start[..52].ToArray();
        var (table, size, count) = (Number(header, 32), Short(header, 46), Short(header, 48));
        if (size < 40 || count > MostSections || Bytes(table, (ulong)size * (ulong)count) is not { Length: > 0 } sections)
            return elf;
        for (var at = 0; at + 40 <= sections.Length; at += size)
            if (Number(sections, at + 4) == AttributesSection)
                return WithAttributes(elf, ArmAttributes.Read(Bytes(Number(sections, at + 16), Math.Min(Number(sections, at + 20),
                    MostAttributeBytes)), bigEndian));
        return elf;
    }

    private static ElfFile WithAttributes(ElfFile elf, ArmAttributes attributes) => elf with
    {
        Level = attributes.HasSimd ? 0 : attributes.Version,
        HardFloatArguments = attributes.HardFloatArguments,
    };

    private byte[] Bytes(ulong offset, ulong size)
    {
        var bytes = new byte[(int)Math.Min(size, 1 << 20)];
        return offset <= long.MaxValue && window.TryRead((long)offset, bytes) ? bytes : [];
    }

    private static uint Up(uint size, uint to) => (size + to - 1) / to * to;

    private uint Number(ReadOnlySpan<byte> bytes, int at) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private int Short(ReadOnlySpan<byte> bytes, int at) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
