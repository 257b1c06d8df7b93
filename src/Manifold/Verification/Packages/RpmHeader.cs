using System.Buffers.Binary;
using System.Text;

namespace Manifold.Verification.Packages;

/// <summary>One package of rpm's database: a header without its magic, as the <c>Packages</c> table keeps it.</summary>
/// <remarks>
/// <code>
/// 1  u32 entries, u32 bytes of data     big endian
/// 2  entries × (tag, type, offset, count)
/// 3  data
/// </code>
/// Source: rpm documentation, "RPM V4 Package format", section "Header Structure"; tags as rpmtag.h has them.
/// </remarks>
internal static class RpmHeader
{
    private const int Name = 1000, Version = 1001, Release = 1002, Epoch = 1003, License = 1014, Architecture = 1022, SourceRpm = 1044;
    private const int Int32Type = 4, StringType = 6, StringArrayType = 8, TranslatedType = 9;
    private const int EntryBytes = 16, Entries = 65_536; // rpm's own bound is 65535

    /// <summary>Null where the bytes are no header of a package. Never throws, never reads outside of them.</summary>
    public static Package? TryParse(ReadOnlySpan<byte> header)
    {
        // 1
        if (header.Length < 8)
            return null;
        var count = BinaryPrimitives.ReadUInt32BigEndian(header);
        var size = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (count > Entries || 8 + (count * EntryBytes) + (long)size > header.Length)
            return null;
        // 2, 3
        var index = header.Slice(8, (int)count * EntryBytes);
        var data = header.Slice(8 + index.Length, (int)size);
        if (Text(index, data, Name) is not { Length: > 0 } name || Text(index, data, Version) is not { Length: > 0 } version)
            return null;
        var epoch = Number(index, data, Epoch) is { } number ? $"{number}:" : "";
        var release = Text(index, data, Release) is { Length: > 0 } text ? $"-{text}" : "";
        var package = new Package
        {
            Kind = PackageKind.Rpm,
            Name = name,
            Version = $"{epoch}{version}{release}",
            Architecture = Text(index, data, Architecture) ?? "",
            License = Text(index, data, License) is { Length: > 0 } license ? license : null,
        };
        return Text(index, data, SourceRpm) is { } source ? WithSource(package, source, epoch) : package;
    }

    /// <summary><c>bash-5.2.15-1.fc38.src.rpm</c>: the name may hold dashes, version and release hold none.</summary>
    private static Package WithSource(Package package, string sourceRpm, string epoch)
    {
        var parts = sourceRpm.Replace(".src.rpm", "", StringComparison.Ordinal).Split('-');
        return parts.Length < 3
            ? package
            : package with { Source = string.Join('-', parts[..^2]), SourceVersion = $"{epoch}{parts[^2]}-{parts[^1]}" };
    }

    private static string? Text(ReadOnlySpan<byte> index, ReadOnlySpan<byte> data, int tag)
    {
        if (Find(index, data, tag, out var type) is not { IsEmpty: false } rest
            || type is not (StringType or StringArrayType or TranslatedType))
            return null;
        var end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.UTF8.GetString(rest[..end]);
    }

    private static uint? Number(ReadOnlySpan<byte> index, ReadOnlySpan<byte> data, int tag) =>
        Find(index, data, tag, out var type) is { Length: >= 4 } rest && type == Int32Type
            ? BinaryPrimitives.ReadUInt32BigEndian(rest)
            : null;

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> index, ReadOnlySpan<byte> data, int tag, out int type)
    {
        for (; !index.IsEmpty; index = index[EntryBytes..])
        {
            if (BinaryPrimitives.ReadInt32BigEndian(index) != tag)
                continue;
            type = BinaryPrimitives.ReadInt32BigEndian(index[4..]);
            var offset = BinaryPrimitives.ReadInt32BigEndian(index[8..]);
            return offset >= 0 && offset < data.Length ? data[offset..] : [];
        }
        type = 0;
        return [];
    }
}
