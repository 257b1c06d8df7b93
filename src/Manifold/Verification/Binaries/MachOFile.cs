using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Verification.Binaries;

/// <summary>A program or library of macOS, for one processor or (fat) for several.</summary>
internal sealed record MachOFile(ImmutableArray<string> Architectures) : FileFacts
{
    [System.Text.Json.Serialization.JsonIgnore]
    public override ImmutableArray<Machine> Machines => [.. Architectures.Select(architecture => new Machine("darwin", architecture))];

    public bool Equals(MachOFile? other) => other is not null && Architectures.SequenceEqual(other.Architectures);

    public override int GetHashCode() => Architectures.Length;
}

/// <summary>Reads Mach-O headers. Source: <c>mach-o/loader.h</c>, <c>mach-o/fat.h</c>.</summary>
internal static class MachOReader
{
    // Java's class files begin with the same four bytes; the number that follows is their version there, which is at least 45.
    private const uint FewerThanJava = 45;

    public static MachOFile? TryRead(ReadOnlySpan<byte> start)
    {
        if (start.Length < 8)
            return null;
        var isFat = start[0] == 0xCA;
        if (!isFat)
            return ReadThin(start, start[0] == 0xFE);
        var count = BinaryPrimitives.ReadUInt32BigEndian(start[4..]);
        if (count is 0 or >= FewerThanJava || start.Length < 8 + 20 * (int)count)
            return null;
        var architectures = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < (int)count; i++)
            architectures.Add(Name(BinaryPrimitives.ReadUInt32BigEndian(start[(8 + 20 * i)..])));
        return architectures.All(name => name.StartsWith(Unknown, StringComparison.Ordinal))
            ? null : new MachOFile(architectures.ToImmutable());
    }

    // The numbers are also a favorite of programs that fill memory (0xFEEDFACE):
    // processor, kind and count of commands must be such that exist.
    private static MachOFile? ReadThin(ReadOnlySpan<byte> start, bool bigEndian)
    {
        const uint mostKinds = 13, mostCommands = 65_536, objectKind = 1;
        if (start.Length < 28)
            return null;
        uint Number(ReadOnlySpan<byte> bytes) => bigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var (name, kind, commands) = (Name(Number(start[4..])), Number(start[12..]), Number(start[16..]));
        return name.StartsWith(Unknown, StringComparison.Ordinal) || kind > mostKinds || kind == objectKind || commands > mostCommands
            ? null : new MachOFile([name]);
    }

    private const string Unknown = "processor ";

    private static string Name(uint processor) => processor switch
    {
        7 => "386",
        0x01000007 => "amd64",
        12 => "arm",
        0x0100000C => "arm64",
        0x0200000C => "arm64_32",
        18 => "ppc",
        0x01000012 => "ppc64",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Unknown}{processor}"),
    };
}
