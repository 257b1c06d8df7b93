using System.Text;
using Manifold.Linux;

namespace Manifold.Layers;

internal sealed partial class TableOfContents
{
    private static ReadOnlySpan<byte> Magic => "MTOC1\n"u8;

    /// <summary>Writes the table in a compact form: each path only as far as it differs from the one before.</summary>
    public void Save(Stream stream) => new Writer(stream).Write(tree);

    /// <summary>
    /// Reads a file that <see cref="Save"/> wrote; null if it is another kind of file or damaged.
    /// Then read the layer again.
    /// </summary>
    public static TableOfContents? TryLoad(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic)
                || reader.Read7BitEncodedInt() is var count && count is < 0 or > Limits.LayerEntries)
                return null;
            var loading = new Loading(reader);
            for (var i = 0; i < count; i++)
                loading.Next();
            return loading.Finish();
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException or LayerException)
        {
            return null;
        }
    }

    /// <summary>Writes entries of a tree.</summary>
    internal sealed class Writer(Stream stream)
    {
        private byte[] path = new byte[4096];
        private int length;
        private readonly List<int> ends = [];

        /// <param name="wanted">Which numbers are written; null for all. A folder of one that is wanted is wanted too.</param>
        internal void Write(EntryTree tree, bool[]? wanted = null)
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            writer.Write(Magic);
            writer.Write7BitEncodedInt(tree.Walk().Count(at => wanted?[at.Id] != false));
            foreach (var (id, depth) in tree.Walk())
            {
                if (wanted?[id] == false)
                    continue;
                WritePath(writer, tree.NameBytes(id), depth);
                WriteEntry(writer, tree.Entry(id, ""));
            }
        }

        private void WritePath(BinaryWriter writer, ReadOnlySpan<byte> name, int depth)
        {
            var folder = depth == 0 ? 0 : ends[depth - 1];
            var start = folder == 0 ? 0 : folder + 1;
            while (path.Length < start + name.Length)
                Array.Resize(ref path, path.Length * 2);
            var shared = start > length ? folder : start + path.AsSpan(start, length - start).CommonPrefixLength(name);
            if (start > folder)
                path[folder] = (byte)'/';
            name.CopyTo(path.AsSpan(start));
            length = start + name.Length;
            ends.RemoveRange(Math.Min(depth, ends.Count), Math.Max(0, ends.Count - depth));
            ends.Add(length);
            writer.Write7BitEncodedInt(shared);
            writer.Write7BitEncodedInt(length - shared);
            writer.Write(path.AsSpan(shared, length - shared));
        }

        private static void WriteEntry(BinaryWriter writer, LayerEntry entry)
        {
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
        }
    }

    /// <summary>Reads entries in their order, each with the part of its path that the one before has not.</summary>
    private sealed class Loading(BinaryReader reader)
    {
        // A path of the most chars in three bytes each.
        private readonly byte[] path = new byte[Limits.PathBytes * 3];
        private readonly Stack<(int Id, int Length)> folders = new();
        private readonly EntryTree tree = new();
        private int length = -1;

        internal void Next()
        {
            var shared = reader.Read7BitEncodedInt();
            var rest = LoadBytes(reader);
            if (shared < 0 || shared > Math.Max(0, length) || shared + rest.Length > path.Length)
                throw new FormatException("A length is not valid.");
            rest.CopyTo(path, shared);
            length = shared + rest.Length;
            var slash = path.AsSpan(0, length).LastIndexOf((byte)'/');
            var entry = LoadEntry(reader);
            if (length == 0)
                SetRoot(entry);
            else
                Add(Math.Max(slash, 0), shared, path.AsSpan(slash + 1, length - slash - 1), entry);
        }

        internal TableOfContents Finish()
        {
            tree.Sort();
            return new TableOfContents(tree);
        }

        private void SetRoot(LayerEntry entry)
        {
            if (folders.Count > 0)
                throw new FormatException("The root is not the first entry.");
            tree.Set(tree.Root, entry);
            folders.Push((tree.Root, 0));
        }

        private void Add(int folderLength, int shared, ReadOnlySpan<byte> name, LayerEntry entry)
        {
            while (folders.TryPeek(out var top) && top.Length > folderLength)
                folders.Pop();
            if (!folders.TryPeek(out var folder) || folder.Length != folderLength || folderLength > shared || name.IsEmpty
                || tree.KindOf(folder.Id) != EntryKind.Folder || tree.Child(folder.Id, name) != EntryTree.None)
                throw new FormatException("An entry has no folder, or is listed twice.");
            var id = tree.Add(folder.Id, name, entry);
            if (entry.Kind == EntryKind.Folder)
                folders.Push((id, length));
        }
    }

    private static LayerEntry LoadEntry(BinaryReader reader)
    {
        var flags = reader.ReadByte();
        var entry = new LayerEntry
        {
            Path = "",
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
            EntryKind.CharacterDevice or EntryKind.BlockDevice =>
                entry with { DeviceMajor = reader.ReadUInt32(), DeviceMinor = reader.ReadUInt32() },
            > EntryKind.Whiteout => throw new FormatException("The kind of an entry is unknown."),
            _ => entry,
        };
    }

    private static byte[] LoadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        if (length is < 0 or > Limits.PathBytes * 3)
            throw new FormatException("A length is not valid.");
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }
}
