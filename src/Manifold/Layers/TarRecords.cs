using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>What stands before a header and amends it: PAX records, and GNU's long names as if they were PAX.</summary>
/// <remarks>Values are bytes until their meaning is known: an attribute is any bytes, a name any but zero.</remarks>
/// <param name="bounded">Whether <c>..</c> in a name leads no further than to the top; else it is refused.</param>
internal sealed class TarRecords(ImmutableSortedDictionary<string, byte[]> global, bool bounded = false)
{
    private const string LibarchiveXattr = "LIBARCHIVE.xattr.";

    internal ImmutableSortedDictionary<string, byte[]> Values { get; private set; } = global;

    internal void Set(string key, byte[] value) => Values = Values.SetItem(key, value);

    /// <summary>
    /// Source: POSIX pax, "pax Extended Header": <c>"%d %s=%s\n", length, keyword, value</c>; an empty value takes the keyword back.
    /// </summary>
    internal void AddPax(byte[] block, string source)
    {
        var values = Values.ToBuilder();
        for (var rest = block.AsSpan(); !rest.IsEmpty && rest[0] != 0;)
        {
            if (!Utf8Parser.TryParse(rest, out int length, out var digits) || digits >= rest.Length || rest[digits] != ' '
                || length <= digits + 2 || length > rest.Length || rest[length - 1] != '\n')
                throw Malformed("a PAX record has a wrong length", source);
            var record = rest[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw Malformed("a PAX record has no keyword", source);
            var key = FileName.Decode(record[..equals]);
            if (equals + 1 == record.Length && !key.Contains("xattr.", StringComparison.Ordinal))
                values.Remove(key);
            else
                values[key] = record[(equals + 1)..].ToArray();
            rest = rest[length..];
        }
        Values = values.ToImmutable();
        if (Values.Sum(pair => (long)pair.Key.Length + pair.Value.Length) > Limits.TarRecordBytes)
            throw Malformed("its PAX records are too long", source);
    }

    /// <summary>The entry that header and records describe, without its content.</summary>
    internal LayerEntry Apply(TarHeader header, string source)
    {
        var name = Text("path") ?? header.Name;
        var kind = Kind(header.Type, name, source);
        if (Values.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
            throw Malformed($"'{name}' is a sparse file, which is not supported. Create the tar without --sparse", source);
        var isDevice = kind is EntryKind.CharacterDevice or EntryKind.BlockDevice;
        return new LayerEntry
        {
            Path = Normalized(name, source),
            Kind = kind,
            Mode = (int)(header.Mode & 0xFFF),
            Uid = Owner(Number("uid", source) ?? header.Uid, name, source),
            Gid = Owner(Number("gid", source) ?? header.Gid, name, source),
            Modified = Time("mtime", source) ?? new FileTime(header.Modified),
            LinkTarget = Target(kind, header, source),
            DeviceMajor = isDevice ? DeviceNumber(header.DeviceMajor, 0xFFF, name, source) : 0,
            DeviceMinor = isDevice ? DeviceNumber(header.DeviceMinor, 0xFFFFF, name, source) : 0,
            Xattrs = Xattrs(name, source),
        };
    }

    internal long Size(TarHeader header, string source)
    {
        var size = Number("size", source) ?? header.Size;
        if (size is not (>= 0 and <= Limits.FileBytes))
            throw Malformed($"'{header.Name}' has the invalid size {size} bytes", source);
        return size;
    }

    private static EntryKind Kind(char type, string name, string source) => type switch
    {
        // Tars older than POSIX have no type for folders (Go's archive/tar, which the other tools read with).
        '\0' => name.EndsWith('/') ? EntryKind.Folder : EntryKind.File,
        '0' or '7' => EntryKind.File,
        '1' => EntryKind.HardLink,
        '2' => EntryKind.SymbolicLink,
        '3' => EntryKind.CharacterDevice,
        '4' => EntryKind.BlockDevice,
        '5' or 'D' => EntryKind.Folder,
        '6' => EntryKind.Fifo,
        'S' => throw Malformed($"'{name}' is a sparse file, which is not supported. Create the tar without --sparse", source),
        _ => throw Malformed(
            $"'{name}' has the unknown type '{(char.IsAsciiLetterOrDigit(type) ? type.ToString() : $"0x{(int)type:x}")}'", source),
    };

    private string? Target(EntryKind kind, TarHeader header, string source)
    {
        if (kind is not (EntryKind.SymbolicLink or EntryKind.HardLink))
            return null;
        var target = Text("linkpath") ?? header.LinkName;
        if (kind == EntryKind.HardLink)
            return Normalized(target, source);
        if (target.Length is 0 or > Limits.PathBytes || target.Contains('\0', StringComparison.Ordinal))
            throw Malformed($"the symbolic link '{header.Name}' has no target, or one that Linux does not accept", source);
        return target;
    }

    private string Normalized(string name, string source)
    {
        try
        {
            return bounded ? EntryPath.Bounded(name) : EntryPath.Normalized(name);
        }
        catch (LayerException e)
        {
            throw Malformed(e.Message.TrimEnd('.'), source);
        }
    }

    private ImmutableSortedDictionary<string, byte[]> Xattrs(string name, string source)
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in Values)
        {
            if (key.StartsWith(TarFormat.XattrPrefix, StringComparison.Ordinal))
                found[key[TarFormat.XattrPrefix.Length..]] = value;
            else if (key.StartsWith(LibarchiveXattr, StringComparison.Ordinal) && TryBase64(value) is { } decoded)
                found.TryAdd(Uri.UnescapeDataString(key[LibarchiveXattr.Length..]), decoded);
        }
        if (found.FirstOrDefault(pair => !IsAttribute(pair.Key, pair.Value)) is { Key: { } wrong })
            throw Malformed($"'{name}' has the extended attribute '{wrong.Replace('\0', '?')}', which Linux does not accept", source);
        return found.ToImmutable();
    }

    // Source: Linux, include/uapi/linux/limits.h: XATTR_NAME_MAX and XATTR_SIZE_MAX, both in bytes.
    private static bool IsAttribute(string key, byte[] value) =>
        key.Length > 0 && FileName.Encode(key).Length <= 255 && !key.Contains('\0', StringComparison.Ordinal) && value.Length <= 64 * 1024;

    // libarchive leaves the '=' at the end out.
    private static byte[]? TryBase64(byte[] value)
    {
        var text = Encoding.ASCII.GetString(value).TrimEnd('=');
        var decoded = new byte[text.Length];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), decoded, out var length)
            ? decoded[..length]
            : null;
    }

    private string? Text(string key) => Values.TryGetValue(key, out var value) ? FileName.Decode(value) : null;

    private long? Number(string key, string source)
    {
        if (Text(key) is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        throw Malformed($"the {key} '{text}' is not a number", source);
    }

    private static uint Owner(long id, string name, string source)
    {
        if (id is not (>= 0 and < uint.MaxValue))
            throw Malformed($"'{name}' belongs to {id}, which is not a valid user or group ID", source);
        return (uint)id;
    }

    private static uint DeviceNumber(long number, long most, string name, string source)
    {
        if (number < 0 || number > most)
            throw Malformed($"'{name}' has the device number {number}, which Linux does not accept", source);
        return (uint)number;
    }

    // "1700000000.123456789", "-3.5": the fraction counts away from zero, a FileTime's nanoseconds count upwards.
    private FileTime? Time(string key, string source)
    {
        if (Text(key) is not { } text)
            return null;
        if (!decimal.TryParse(text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            || time is < long.MinValue or > long.MaxValue)
            throw Malformed($"the {key} '{text}' is not a time", source);
        var seconds = Math.Floor(time);
        return new FileTime((long)seconds, (int)((time - seconds) * 1_000_000_000));
    }

    private static LayerException Malformed(string what, string source) => new($"Reading the tar of {source}: {what}.");
}
