using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>Writes entries as a tar: the same entries give the same bytes, always and everywhere.</summary>
/// <remarks>
/// ustar where an entry fits, PAX records where it does not (sizes from 8 GiB, long or non-ASCII names, attributes); no names of owners, no
/// fractions of seconds, no padding beyond the two zero blocks. The caller orders the entries. Not thread-safe; the stream is not disposed.
/// </remarks>
/// <param name="exact">Whether times keep their fractions, and names that start with <c>.wh.</c> are ordinary names: for an archive of
/// files that is not a layer.</param>
internal sealed class TarWriter(Stream tar, bool exact = false)
{
    private const long MostOctal11 = (1L << 33) - 1, MostOctal7 = (1L << 21) - 1;
    private readonly byte[] header = new byte[TarFormat.Block];

    /// <summary>Writes one entry with its content. An implied folder leaves no trace, but for the marker if it is opaque.</summary>
    /// <exception cref="LayerException">A name is reserved for whiteouts, or the content is not as long as the entry says.</exception>
    public void Write(LayerEntry entry)
    {
        if (entry.Kind == EntryKind.Whiteout)
        {
            WriteHeader(new LayerEntry { Path = Whiteouts.TarName(entry.Path), Kind = EntryKind.File });
            return;
        }
        if (!exact && Whiteouts.IsReserved(EntryPath.Name(entry.Path)))
            throw new LayerException($"'{entry.Path}' cannot be in a layer: names that start with '.wh.' mark deleted files. Rename it.");
        if (!entry.Implied)
            WriteHeader(entry);
        if (entry.Opaque)
            WriteHeader(new LayerEntry { Path = EntryPath.Join(entry.Path, TarFormat.OpaqueMarker), Kind = EntryKind.File });
        if (entry.Kind == EntryKind.File)
            WriteContent(entry);
    }

    /// <summary>Writes the end of the archive.</summary>
    public void Finish()
    {
        header.AsSpan().Clear();
        tar.Write(header);
        tar.Write(header);
    }

    private void WriteHeader(LayerEntry entry)
    {
        var name = FileName.Encode(entry.Path.Length == 0 ? "./" : entry.Kind == EntryKind.Folder ? entry.Path + "/" : entry.Path);
        var link = FileName.Encode(entry.LinkTarget ?? "");
        var size = entry.Kind == EntryKind.File ? entry.Size : 0;
        var records = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var split = SplitAt(name);
        if (split < 0)
            records["path"] = name;
        if (link.Length > 100 || !Ascii.IsValid(link))
            records["linkpath"] = link;
        AddNumber(records, "size", size, MostOctal11);
        AddNumber(records, "uid", entry.Uid, MostOctal7);
        AddNumber(records, "gid", entry.Gid, MostOctal7);
        AddNumber(records, "mtime", entry.Modified.Seconds, MostOctal11);
        if (exact && entry.Modified.Nanoseconds != 0)
            records["mtime"] = Encoding.ASCII.GetBytes(Fractional(entry.Modified));
        foreach (var (key, value) in entry.Xattrs)
            records[TarFormat.XattrPrefix + key] = value;
        // Records are UTF-8 unless this one says otherwise (POSIX pax, "hdrcharset").
        if (!Utf8.IsValid(name) || !Utf8.IsValid(link))
            records["hdrcharset"] = "BINARY"u8.ToArray();
        if (records.Count > 0)
            WriteRecords(records, name);
        FillHeader(entry, name, split);
        Text(TarFormat.LinkName, link.AsSpan(0, Math.Min(link.Length, 100)));
        Number(TarFormat.Size, size <= MostOctal11 ? size : 0);
        Sealed(TypeOf(entry.Kind));
    }

    private void FillHeader(LayerEntry entry, byte[] name, int split)
    {
        header.AsSpan().Clear();
        if (split < 0)
            Text(TarFormat.Name, name.AsSpan(0, Math.Min(name.Length, 100)));
        else
        {
            Text(TarFormat.Name, name.AsSpan(split == 0 ? 0 : split + 1));
            Text(TarFormat.Prefix, name.AsSpan(0, split));
        }
        Number(TarFormat.Mode, entry.Mode);
        Number(TarFormat.Uid, entry.Uid <= MostOctal7 ? entry.Uid : 0);
        Number(TarFormat.Gid, entry.Gid <= MostOctal7 ? entry.Gid : 0);
        Number(TarFormat.Modified, entry.Modified.Seconds is >= 0 and <= MostOctal11 ? entry.Modified.Seconds : 0);
        Number(TarFormat.DeviceMajor, entry.DeviceMajor);
        Number(TarFormat.DeviceMinor, entry.DeviceMinor);
    }

    // Where the name falls apart into ustar's prefix and name: 0 where it fits whole, -1 where it needs a record.
    private static int SplitAt(byte[] name)
    {
        if (!Ascii.IsValid(name))
            return -1;
        if (name.Length <= 100)
            return 0;
        if (name.Length > 256)
            return -1;
        var split = name.AsSpan(0, Math.Min(name.Length - 1, 156)).LastIndexOf((byte)'/');
        return split > 0 && name.Length - split - 1 is > 0 and <= 100 ? split : -1;
    }

    private static void AddNumber(SortedDictionary<string, byte[]> records, string key, long value, long most)
    {
        if (value < 0 || value > most)
            records[key] = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
    }

    // The fraction counts upwards, also before 1970.
    private static string Fractional(FileTime time) =>
        (time.Seconds + time.Nanoseconds / 1_000_000_000m).ToString(CultureInfo.InvariantCulture);

    private void WriteRecords(SortedDictionary<string, byte[]> records, byte[] name)
    {
        using var block = new MemoryStream();
        foreach (var (key, value) in records)
        {
            var keyBytes = FileName.Encode(key);
            // The length counts its own digits: " key=value\n" and the digits of the sum.
            var body = keyBytes.Length + value.Length + 3;
            var length = body + Digits(body);
            length = body + Digits(length);
            block.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture) + " "));
            block.Write(keyBytes);
            block.WriteByte((byte)'=');
            block.Write(value);
            block.WriteByte((byte)'\n');
        }
        header.AsSpan().Clear();
        var last = name.AsSpan().TrimEnd((byte)'/');
        last = last[(last.LastIndexOf((byte)'/') + 1)..];
        "PaxHeaders.0/"u8.CopyTo(header);
        last[..Math.Min(last.Length, 80)].CopyTo(header.AsSpan(13));
        Number(TarFormat.Mode, 0b110_100_100);
        Number(TarFormat.Uid, 0);
        Number(TarFormat.Gid, 0);
        Number(TarFormat.Modified, 0);
        Number(TarFormat.Size, block.Length);
        Sealed('x');
        tar.Write(block.GetBuffer().AsSpan(0, (int)block.Length));
        WritePadding(block.Length);
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private void WriteContent(LayerEntry entry)
    {
        if (entry.Size == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            using var content = (entry.Open ?? throw new ArgumentException($"'{entry.Path}' has no content.", nameof(entry)))();
            var rest = entry.Size;
            while (rest > 0)
            {
                var count = content.Read(buffer, 0, (int)Math.Min(buffer.Length, rest));
                if (count == 0)
                    throw new LayerException($"'{entry.Path}' shrank while it was read: "
                        + $"{entry.Size - rest} of {entry.Size} bytes are left. Try again when no program is writing to it.");
                tar.Write(buffer, 0, count);
                rest -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        WritePadding(entry.Size);
    }

    private void WritePadding(long size)
    {
        Span<byte> zeros = stackalloc byte[TarFormat.Block];
        zeros.Clear();
        tar.Write(zeros[..(int)TarFormat.Padding(size)]);
    }

    private void Text(Range where, ReadOnlySpan<byte> text) => text.CopyTo(header.AsSpan(where));

    // Octal digits to the field's end, which stays a zero byte.
    private void Number(Range where, long value)
    {
        var field = header.AsSpan(where);
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    private void Sealed(char type)
    {
        header[TarFormat.Type] = (byte)type;
        Text(TarFormat.Magic, "ustar\0"u8);
        Text(TarFormat.Version, "00"u8);
        header.AsSpan(TarFormat.Checksum).Fill((byte)' ');
        long sum = 0;
        foreach (var b in header)
            sum += b;
        // Six digits, a zero byte, and the space that is there.
        Number(TarFormat.Checksum.Start..(TarFormat.Checksum.End.Value - 1), sum);
        header[TarFormat.Checksum.Start.Value + 6] = 0;
        tar.Write(header);
    }

    private static char TypeOf(EntryKind kind) => kind switch
    {
        EntryKind.File => '0',
        EntryKind.HardLink => '1',
        EntryKind.SymbolicLink => '2',
        EntryKind.CharacterDevice => '3',
        EntryKind.BlockDevice => '4',
        EntryKind.Folder => '5',
        EntryKind.Fifo => '6',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A whiteout is written by its name."),
    };
}
