using Manifold.Linux;

namespace Manifold.Layers;

/// <content>Adding entries.</content>
internal sealed partial class EntryTree
{
    /// <summary>Adds an entry that is not there yet, below one that is.</summary>
    /// <exception cref="LayerException">There are too many, or their names are too long together.</exception>
    internal int Add(int folder, ReadOnlySpan<byte> name, LayerEntry entry)
    {
        var id = Append(folder, name, entry.Path);
        nodes[id].Next = nodes[folder].First;
        nodes[folder].First = id;
        Set(id, entry);
        if (++hashed * 4L > slots.Length * 3L)
            Rehash();
        else
            slots[SlotOf(folder, name)] = id;
        return id;
    }

    /// <summary>Replaces the entry with this number. Everything below it stays.</summary>
    internal void Set(int id, LayerEntry entry)
    {
        ref var node = ref nodes[id];
        var isDevice = entry.Kind is EntryKind.CharacterDevice or EntryKind.BlockDevice;
        node.Kind = (byte)entry.Kind;
        node.Mode = entry.Mode;
        (node.Uid, node.Gid) = (entry.Uid, entry.Gid);
        (node.Seconds, node.Nanoseconds) = (entry.Modified.Seconds, entry.Modified.Nanoseconds);
        node.Size = isDevice ? (long)entry.DeviceMajor << 32 | entry.DeviceMinor : entry.Size;
        node.Link = entry.LinkTarget is { } target ? bytes.AddCounted(FileName.Encode(target)) : None;
        node.Marks = Marks.Present | (entry.Opaque ? Marks.Opaque : 0) | (entry.Implied ? Marks.Implied : 0)
            | (entry.TimeIsOwn ? Marks.TimeIsOwn : 0);
    }

    /// <summary>Puts an entry in the place of another, which goes with all below it. The old number keeps saying what it said.</summary>
    internal int Replace(int old, LayerEntry entry)
    {
        var (folder, name, length) = (nodes[old].Parent, nodes[old].Name, nodes[old].NameLength);
        var id = Append(folder, [], entry.Path);
        (nodes[id].Name, nodes[id].NameLength) = (name, length);
        Set(id, entry);
        nodes[old].Marks &= ~Marks.Present;
        if (folder == None)
        {
            Root = id;
            return id;
        }
        slots[SlotOf(folder, NameBytes(id))] = id;
        nodes[id].Next = nodes[folder].First; // the old one is linked still, until Sort
        nodes[folder].First = id;
        return id;
    }

    /// <summary>Adds the entries of a tree of folders that are not there yet, as implied ones.</summary>
    internal void AddFolders(EntryTree other)
    {
        var folders = new List<int>();
        foreach (var (id, depth) in other.Walk())
        {
            folders.RemoveRange(depth, folders.Count - depth);
            folders.Add(depth == 0 ? Root : FolderIn(folders[depth - 1], other.NameBytes(id)));
            if (depth == 0 && !IsPresent(Root))
                Set(Root, LayerEntry.ImpliedFolder(""));
        }
    }

    private int FolderIn(int folder, ReadOnlySpan<byte> name) =>
        Child(folder, name) is var id and not None ? id : Add(folder, name, LayerEntry.ImpliedFolder(""));

    private int Append(int folder, ReadOnlySpan<byte> name, string path)
    {
        if (nodes.Count >= Limits.LayerEntries)
            throw new LayerException($"A layer has more than {Limits.LayerEntries} entries.");
        if (name.Length > ushort.MaxValue)
            throw new LayerException($"A name in '{path[..Math.Min(60, path.Length)]}…' is too long for Linux.");
        var node = new Node
        {
            Parent = folder,
            First = None,
            Next = None,
            Link = None,
        };
        (node.Name, node.NameLength) = (bytes.Add(name), (ushort)name.Length);
        nodes.Add(node);
        return nodes.Count - 1;
    }

    private int SlotOf(int folder, ReadOnlySpan<byte> name)
    {
        var slot = Hash(folder, name) & (slots.Length - 1);
        while (slots[slot] != None && !(nodes[slots[slot]].Parent == folder && NameBytes(slots[slot]).SequenceEqual(name)))
            slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    private void Rehash()
    {
        slots = NewSlots(slots.Length * 2);
        // A later number of the same name is the one that counts.
        for (var id = 1; id < nodes.Count; id++)
        {
            if (nodes[id].Parent != None)
                slots[SlotOf(nodes[id].Parent, NameBytes(id))] = id;
        }
    }
}
