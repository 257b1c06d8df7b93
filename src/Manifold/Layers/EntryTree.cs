using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>Entries as a tree in a few large arrays: some eighty bytes for an entry and its own name, however long its path is.</summary>
/// <remarks>
/// An entry is known by its number, which stays valid: what took another's place has a number of its own. Looking up a path costs its
/// components, not the size of the tree. Content and extended attributes are not kept. Reading is thread-safe once nobody adds any more.
/// </remarks>
internal sealed partial class EntryTree
{
    internal const int None = -1;

    private readonly Chunks<Node> nodes = new();
    private readonly ByteHeap bytes = new();
    private int[] slots = NewSlots(64);
    private int hashed;

    internal EntryTree() => Root = Append(None, [], "");

    private struct Node
    {
        internal long Size, Seconds; // of a device its numbers
        internal int Parent, First, Next, Name, Link, Mode, Nanoseconds;
        internal uint Uid, Gid;
        internal ushort NameLength;
        internal byte Kind;
        internal Marks Marks;
    }

    [Flags]
    private enum Marks : byte { None, Present = 1, Opaque = 2, Implied = 4, TimeIsOwn = 8 }

    /// <summary>The number of the root, whether or not there is an entry for it.</summary>
    internal int Root { get; private set; }

    /// <summary>Numbers that were given; those of entries that others replaced among them.</summary>
    internal int Numbers => nodes.Count;

    internal bool IsPresent(int id) => nodes[id].Marks.HasFlag(Marks.Present);
    internal EntryKind KindOf(int id) => (EntryKind)nodes[id].Kind;
    internal bool IsOpaque(int id) => nodes[id].Marks.HasFlag(Marks.Opaque);
    internal bool IsImplied(int id) => nodes[id].Marks.HasFlag(Marks.Implied);
    internal int FirstChild(int id) => nodes[id].First;
    internal int NextSibling(int id) => nodes[id].Next;
    internal int ParentOf(int id) => nodes[id].Parent;
    internal ReadOnlySpan<byte> NameBytes(int id) => bytes.Get(nodes[id].Name, nodes[id].NameLength);
    internal string NameOf(int id) => FileName.Decode(NameBytes(id));

    /// <summary>The entry in a folder, or <see cref="None"/>.</summary>
    internal int Child(int folder, ReadOnlySpan<byte> name)
    {
        for (var slot = Hash(folder, name) & (slots.Length - 1); ; slot = (slot + 1) & (slots.Length - 1))
        {
            var id = slots[slot];
            if (id == None)
                return None;
            if (nodes[id].Parent == folder && NameBytes(id).SequenceEqual(name))
                return id;
        }
    }

    /// <summary>The entry at a path, or <see cref="None"/>.</summary>
    internal int Find(string path)
    {
        var id = Root;
        if (path.Length > 0)
        {
            Span<byte> room = path.Length <= 256 ? stackalloc byte[768] : new byte[FileName.MaxLength(path)];
            ReadOnlySpan<byte> encoded = room[..FileName.Encode(path, room)];
            foreach (var part in encoded.Split((byte)'/'))
            {
                id = Child(id, encoded[part]);
                if (id == None)
                    return None;
            }
        }
        return IsPresent(id) ? id : None;
    }

    /// <summary>Returns the entry with this number.</summary>
    internal LayerEntry Entry(int id, string path)
    {
        ref var node = ref nodes[id];
        var kind = (EntryKind)node.Kind;
        var isDevice = kind is EntryKind.CharacterDevice or EntryKind.BlockDevice;
        return new LayerEntry
        {
            Path = path,
            Kind = kind,
            Mode = node.Mode,
            Uid = node.Uid,
            Gid = node.Gid,
            Modified = new FileTime(node.Seconds, node.Nanoseconds),
            TimeIsOwn = node.Marks.HasFlag(Marks.TimeIsOwn),
            Size = isDevice ? 0 : node.Size,
            LinkTarget = node.Link == None ? null : FileName.Decode(bytes.GetCounted(node.Link)),
            DeviceMajor = isDevice ? (uint)(node.Size >>> 32) : 0,
            DeviceMinor = isDevice ? (uint)node.Size : 0,
            Opaque = node.Marks.HasFlag(Marks.Opaque),
            Implied = node.Marks.HasFlag(Marks.Implied),
        };
    }

    /// <summary>All entries and their numbers: parents first, siblings as they are linked.</summary>
    internal IEnumerable<(int Id, string Path)> Walk(int from, string path)
    {
        if (IsPresent(from))
            yield return (from, path);
        var folders = new Stack<(int Next, string Path)>([(nodes[from].First, path)]);
        while (folders.TryPop(out var at))
        {
            if (at.Next == None)
                continue;
            folders.Push((nodes[at.Next].Next, at.Path));
            var below = EntryPath.Join(at.Path, NameOf(at.Next));
            yield return (at.Next, below);
            if (nodes[at.Next].First != None)
                folders.Push((nodes[at.Next].First, below));
        }
    }

    /// <summary>The numbers of all entries, parents first, each with how many folders it lies in.</summary>
    internal IEnumerable<(int Id, int Depth)> Walk()
    {
        for (int id = Root, depth = 0; id != None;)
        {
            if (IsPresent(id))
                yield return (id, depth);
            if (nodes[id].First != None)
            {
                (id, depth) = (nodes[id].First, depth + 1);
                continue;
            }
            while (id != None && id != Root && nodes[id].Next == None)
                (id, depth) = (nodes[id].Parent, depth - 1);
            id = id == None || id == Root ? None : nodes[id].Next;
        }
    }

    /// <summary>
    /// Puts the siblings of every folder in the order of <see cref="EntryPath.Order"/>,
    /// and leaves out those that were replaced.
    /// </summary>
    internal void Sort()
    {
        var siblings = new List<int>();
        for (var folder = 0; folder < nodes.Count; folder++)
        {
            siblings.Clear();
            for (var id = nodes[folder].First; id != None; id = nodes[id].Next)
            {
                if (IsPresent(id))
                    siblings.Add(id);
            }
            siblings.Reverse(); // they are linked last first, and tars are mostly in order
            siblings.Sort((a, b) => NameBytes(a).SequenceCompareTo(NameBytes(b)));
            nodes[folder].First = siblings.Count > 0 ? siblings[0] : None;
            for (var i = 0; i < siblings.Count; i++)
                nodes[siblings[i]].Next = i + 1 < siblings.Count ? siblings[i + 1] : None;
        }
    }

    private static int[] NewSlots(int count)
    {
        var made = new int[count];
        Array.Fill(made, None);
        return made;
    }

    // Each process has its own seed, so that nobody can choose names that collide.
    private static int Hash(int folder, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.Add(folder);
        hash.AddBytes(name);
        return hash.ToHashCode();
    }
}
