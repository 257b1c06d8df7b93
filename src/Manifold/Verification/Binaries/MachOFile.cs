using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;

namespace Manifold.Verification.Binaries;

/// <summary>A program or library of macOS, for one processor or (fat) for several.</summary>
public sealed record MachOFile(ImmutableArray<string> Architectures) : FileFacts
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
            return new MachOFile([Name(start[0] == 0xFE ? BinaryPrimitives.ReadUInt32BigEndian(start[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[4..]))]);
        var count = BinaryPrimitives.ReadUInt32BigEndian(start[4..]);
        if (count is 0 or >= FewerThanJava || start.Length < 8 + 20 * (int)count)
            return null;
        var architectures = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < (int)count; i++)
            architectures.Add(Name(BinaryPrimitives.ReadUInt32BigEndian(start[(8 + 20 * i)..])));
        return new MachOFile(architectures.ToImmutable());
    }

    private static string Name(uint processor) => processor switch
    {
        7 => "386",
        0x01000007 => "amd64",
        12 => "arm",
        0x0100000C => "arm64",
        0x0200000C => "arm64_32",
        18 => "ppc",
        0x01000012 => "ppc64",
        _ => string.Create(CultureInfo.InvariantCulture, $"processor {processor}"),
    };
}
