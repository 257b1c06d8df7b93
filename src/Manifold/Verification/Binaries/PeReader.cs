using System.Buffers.Binary;
using System.Globalization;

namespace Manifold.Verification.Binaries;

/// <summary>Reads a PE file's machine, and whether it is a .NET assembly that is bound to it.</summary>
/// <remarks>
/// Assemblies compiled ahead of time (ReadyToRun) for another system than Windows have their machine's number combined with one of the
/// system's. Source: Microsoft PE format; ECMA-335 II.25.3.3 (CLI header); .NET runtime, <c>pedecoder.h</c>
/// (<c>IMAGE_FILE_MACHINE_OS_MASK</c>).
/// </remarks>
internal static class PeReader
{
    private static readonly (string Os, ushort Mask)[] Systems =
        [("windows", 0), ("linux", 0x7B79), ("darwin", 0x4644), ("freebsd", 0xADC4), ("netbsd", 0x1993), ("illumos", 0x1992)];

    private const int ClrDirectory = 14;
    private const uint Requires32Bits = 2;
    private const ushort AnyProcessor = 0x14C;

    public static PeFile? TryRead(ByteWindow window)
    {
        Span<byte> header = stackalloc byte[24];
        if (window.Start.Length < 64)
            return null;
        long at = BinaryPrimitives.ReadUInt32LittleEndian(window.Start[60..]);
        if (!window.TryRead(at, header) || !header.StartsWith("PE\0\0"u8))
            return null;
        var number = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        var sections = BinaryPrimitives.ReadUInt16LittleEndian(header[6..]);
        var optional = new byte[Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(header[20..]), (ushort)1024)];
        if (optional.Length < 96 || !window.TryRead(at + 24, optional))
            return new PeFile(MachineOf(number), Managed: false);
        var directories = optional[1] == 2 ? 112 : 96; // PE32+ or PE32
        var clr = directories + ClrDirectory * 8;
        var address = clr + 8 <= optional.Length ? BinaryPrimitives.ReadUInt32LittleEndian(optional.AsSpan(clr)) : 0;
        if (address == 0)
            return new PeFile(MachineOf(number), Managed: false);
        var flags = ClrFlags(window, at + 24 + BinaryPrimitives.ReadUInt16LittleEndian(header[20..]), sections, address);
        var anywhere = number == AnyProcessor && (flags & Requires32Bits) == 0;
        return new PeFile(anywhere ? null : MachineOf(number), Managed: true);
    }

    /// <summary>The CLI header's flags; 0 where it cannot be read.</summary>
    private static uint ClrFlags(ByteWindow window, long table, int count, uint address)
    {
        Span<byte> section = stackalloc byte[40];
        Span<byte> flags = stackalloc byte[4];
        for (var i = 0; i < Math.Min(count, 96); i++)
        {
            if (!window.TryRead(table + i * 40, section))
                return 0;
            var (size, begin, raw) = (BinaryPrimitives.ReadUInt32LittleEndian(section[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(section[12..]), BinaryPrimitives.ReadUInt32LittleEndian(section[20..]));
            if (address >= begin && address - begin < size)
                return window.TryRead((long)raw + (address - begin) + 16, flags) ? BinaryPrimitives.ReadUInt32LittleEndian(flags) : 0;
        }
        return 0;
    }

    private static Machine MachineOf(ushort number)
    {
        foreach (var (os, mask) in Systems)
            if (Architecture((ushort)(number ^ mask)) is { } architecture)
                return new Machine(os, architecture);
        return new Machine("windows", string.Create(CultureInfo.InvariantCulture, $"machine 0x{number:x}"));
    }

    private static string? Architecture(ushort number) => number switch
    {
        0x14C => "386",
        0x8664 => "amd64",
        0xAA64 => "arm64",
        0x1C0 or 0x1C2 or 0x1C4 => "arm",
        0x5064 => "riscv64",
        0x6264 => "loong64",
        0x1F0 => "ppc64le",
        0x200 => "ia64",
        _ => null,
    };
}
