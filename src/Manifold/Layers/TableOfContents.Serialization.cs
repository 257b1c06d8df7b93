using System.Text;
using Manifold.Linux;

namespace Manifold.Layers;

public sealed partial class TableOfContents
{
    private static ReadOnlySpan<byte> Magic => "MTOC1\n"u8;

    /// <summary>Writes the table in a compact form: each path only as far as it differs from the one before.</summary>
    public void Save(Stream stream)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write7BitEncodedInt(entries.Length);
        byte[] previous = [];
        foreach (var entry in entries)
        {
            var path = FileName.Encode(entry.Path);
            var shared = path.AsSpan().CommonPrefixLength(previous);
            writer.Write7BitEncodedInt(shared);
            writer.Write7BitEncodedInt(path.Length - shared);
            writer.Write(path.AsSpan(shared));
            writer.Write((byte)((int)entry.Kind | (entry.Opaque ? 0x10 : 0) | (entry.Implied ? 0x20 : 0)));
            writer.Write7BitEncodedInt(entry.Mode);
            writer.Write7BitEncodedInt64(entry.Uid);
            writer.Write7BitEncodedInt64(entry.Gid);
            writer.Write7BitEncodedInt64(entry.Size);
            writer.Write7BitEncodedInt64(entry.Modified.Seconds);
            writer.Write7BitEncodedInt(entry.Modified.Nanoseconds);
            if (entry.Kind is EntryKind.SymbolicLink or EntryKind.HardLink)
            {
                var target = FileName.Encode(entry.LinkTarget ?? "");
                writer.Write7BitEncodedInt(target.Length);
                writer.Write(target);
            }
            if (entry.Kind is EntryKind.CharacterDevice or EntryKind.BlockDevice)
            {
                writer.Write(entry.DeviceMajor);
                writer.Write(entry.DeviceMinor);
            }
            previous = path;
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null where it is something else or damaged: make it anew from the layer.</summary>
    public static TableOfContents? TryLoad(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic) || reader.Read7BitEncodedInt() is var count && count is < 0 or > Limits.LayerEntries)
                return null;
            var loaded = new List<LayerEntry>();
            byte[] previous = [];
            while (loaded.Count < count)
                loaded.Add(LoadEntry(reader, ref previous));
            return new TableOfContents([.. loaded]);
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static LayerEntry LoadEntry(BinaryReader reader, ref byte[] previous)
    {
        var shared = reader.Read7BitEncodedInt();
        previous = [.. previous.AsSpan(0, shared), .. LoadBytes(reader)];
        var flags = reader.ReadByte();
        var entry = new LayerEntry
        {
            Path = FileName.Decode(previous),
            Kind = (EntryKind)(flags & 0xF),
            Opaque = (flags & 0x10) != 0,
            Implied = (flags & 0x20) != 0,
            Mode = reader.Read7BitEncodedInt(),
            Uid = (uint)reader.Read7BitEncodedInt64(),
            Gid = (uint)reader.Read7BitEncodedInt64(),
            Size = reader.Read7BitEncodedInt64(),
            Modified = new FileTime(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt()),
        };
        return entry.Kind switch
        {
            EntryKind.SymbolicLink or EntryKind.HardLink => entry with { LinkTarget = FileName.Decode(LoadBytes(reader)) },
            EntryKind.CharacterDevice or EntryKind.BlockDevice => entry with { DeviceMajor = reader.ReadUInt32(), DeviceMinor = reader.ReadUInt32() },
            > EntryKind.Whiteout => throw new FormatException("No such kind."),
            _ => entry,
        };
    }

    private static byte[] LoadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        if (length is < 0 or > Limits.PathBytes)
            throw new FormatException("No such length.");
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }
}
