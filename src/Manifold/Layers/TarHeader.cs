using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>One header block, proved by its checksum; its fields are decoded when asked for.</summary>
internal sealed class TarHeader
{
    private readonly byte[] block;
    private readonly string source;

    /// <exception cref="LayerException">The checksum is wrong: these bytes are not a header.</exception>
    internal TarHeader(byte[] block, string source)
    {
        (this.block, this.source) = (block, source);
        if (!IsValid(block))
            throw new LayerException(
                $"Reading the tar of {source}: a header's checksum is wrong. The file is damaged, or it is not a tar.");
    }

    internal static bool IsValid(ReadOnlySpan<byte> block)
    {
        // Old tars summed signed chars; readers accept both.
        long unsignedSum = 8 * ' ', signedSum = 8 * ' ';
        for (var i = 0; i < block.Length; i++)
        {
            if (i >= TarFormat.Checksum.Start.Value && i < TarFormat.Checksum.End.Value)
                continue;
            unsignedSum += block[i];
            signedSum += (sbyte)block[i];
        }
        return TryNumber(block[TarFormat.Checksum]) is { } stored && (stored == unsignedSum || stored == signedSum);
    }

    internal char Type => (char)block[TarFormat.Type];
    internal long Size => Number(TarFormat.Size, "size");
    internal long Mode => Number(TarFormat.Mode, "mode");
    internal long Uid => Number(TarFormat.Uid, "owner");
    internal long Gid => Number(TarFormat.Gid, "group");
    internal long Modified => Number(TarFormat.Modified, "time");
    internal long DeviceMajor => HasUstarFields ? Number(TarFormat.DeviceMajor, "device number") : 0;
    internal long DeviceMinor => HasUstarFields ? Number(TarFormat.DeviceMinor, "device number") : 0;
    internal string LinkName => FileName.Decode(UntilZero(block.AsSpan(TarFormat.LinkName)));

    internal string Name
    {
        get
        {
            var name = FileName.Decode(UntilZero(block.AsSpan(TarFormat.Name)));
            // GNU's magic is "ustar  " with a space: it keeps other fields where ustar has the prefix.
            var prefix =
                block.AsSpan(TarFormat.Magic).SequenceEqual("ustar\0"u8) ? FileName.Decode(UntilZero(block.AsSpan(TarFormat.Prefix))) : "";
            return prefix.Length == 0 ? name : $"{prefix}/{name}";
        }
    }

    private bool HasUstarFields => block.AsSpan(TarFormat.Magic)[..5].SequenceEqual("ustar"u8);

    internal static byte[] UntilZero(ReadOnlySpan<byte> field) =>
        (field.IndexOf((byte)0) is var end and >= 0 ? field[..end] : field).ToArray();

    private long Number(Range where, string what)
    {
        var field = block.AsSpan(where);
        return TryNumber(field) ?? throw new LayerException($"Reading the tar of {source}: the {what} of '{Name}' is not a number.");
    }

    // Octal digits between spaces and zero bytes, or GNU's base 256: first bit set, the rest big-endian, the second bit its sign.
    private static long? TryNumber(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            var value = (field[0] & 0x40) != 0 ? -1L << 6 | (uint)(field[0] & 0x3F) : field[0] & 0x3F;
            foreach (var b in field[1..])
            {
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8))
                    return null;
                value = value << 8 | b;
            }
            return value;
        }
        var digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            number = number << 3 | (uint)(digit - '0');
        }
        return number;
    }
}
