using System.Buffers.Binary;

namespace Manifold.Verification.Binaries;

/// <summary>The processor that an Arm file's attributes ask for.</summary>
/// <param name="Version">5 to 8; 0 where nothing is said.</param>
/// <param name="HasSimd">Some of the code has NEON instructions.</param>
/// <param name="HardFloatArguments">Floating-point arguments go in the processor's registers.</param>
/// <remarks>
/// <c>'A'</c>, then for each vendor a size, its name, and for the whole file (tag 1) a size and pairs of a tag and its value. Odd tags
/// above 32, and 4, 5, 65 and 67, have text for a value.
/// Source: Addenda to the ABI for the Arm Architecture, chapter 3.
/// </remarks>
internal readonly record struct ArmAttributes(int Version, bool HasSimd, bool HardFloatArguments)
{
    private const int CpuArchitecture = 6, SimdArchitecture = 12, FloatArguments = 28, Compatibility = 32;

    // By the value of Tag_CPU_arch, from pre-v4 to v8.
    private static readonly int[] Versions = [4, 4, 4, 5, 5, 5, 6, 6, 6, 6, 7, 6, 6, 7, 8, 8, 8, 8];

    public static ArmAttributes Read(ReadOnlySpan<byte> section, bool bigEndian)
    {
        const int vendorAt = 5; // after 'A' and the size
        if (section.Length < vendorAt || section[0] != 'A' || !section[vendorAt..].StartsWith("aeabi\0"u8))
            return default;
        var rest = section[(vendorAt + 6)..];
        if (rest.Length < 5 || rest[0] != 1)
            return default;
        var size = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(rest[1..]) : BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        return ReadPairs(rest[5..(int)Math.Clamp(size, 5, (uint)rest.Length)]);
    }

    private static ArmAttributes ReadPairs(ReadOnlySpan<byte> pairs)
    {
        var found = default(ArmAttributes);
        while (pairs.Length > 0)
        {
            var (tag, value) = (Take(ref pairs), 0);
            if (tag != Compatibility && tag is not (4 or 5) && (tag < 32 || tag % 2 == 0))
                value = Take(ref pairs);
            else
            {
                if (tag == Compatibility)
                    Take(ref pairs);
                var end = pairs.IndexOf((byte)0);
                pairs = end < 0 ? [] : pairs[(end + 1)..];
            }
            found = tag switch
            {
                CpuArchitecture => found with { Version = value < Versions.Length ? Versions[value] : 8 },
                SimdArchitecture => found with { HasSimd = value != 0 },
                FloatArguments => found with { HardFloatArguments = value == 1 },
                _ => found,
            };
        }
        return found;
    }

    /// <summary>A number of seven bits a byte (ULEB128); too long a one is cut.</summary>
    private static int Take(ref ReadOnlySpan<byte> bytes)
    {
        var (value, shift) = (0, 0);
        while (bytes.Length > 0)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            if (shift < 28)
                value |= (next & 0x7F) << shift;
            shift += 7;
            if ((next & 0x80) == 0)
                break;
        }
        return value;
    }
}
