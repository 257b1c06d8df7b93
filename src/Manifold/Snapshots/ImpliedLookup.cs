using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Linux;

namespace Manifold.Snapshots;

/// <summary>Finds the attributes of a chain's implied folders in one walk.</summary>
/// <remarks>
/// A lookup goes down the layers as overlayfs does, passing by implied folders, until an entry, a whiteout or an opaque folder decides. The
/// layers that show through in a folder are those that have it, so only they are asked for what is in it. The caller disposes it.
/// Not thread-safe.
/// </remarks>
/// <param name="all">The folders of all the sets.</param>
/// <param name="folders">Of the layers, topmost first; those of <paramref name="implied"/> are in the same order.</param>
internal sealed class ImpliedLookup(EntryTree all, ImmutableArray<string> folders, IReadOnlyList<FolderSet> implied) : IDisposable
{
    private const int Nowhere = -1;

    private readonly DirectoryHandle[] roots = [.. folders.Select(DirectoryHandle.Open)];
    private readonly int[] sources = new int[all.Numbers];
    private readonly bool[] wanted = new bool[all.Numbers];

    /// <summary>A layer that has a folder, where that is in its set, and the open folder.</summary>
    private readonly record struct Showing(int Layer, int InSet, DirectoryHandle Folder);

    /// <summary>A folder whose children are being visited.</summary>
    private sealed record Level(string Path, List<Showing> Showing)
    {
        internal int Next { get; set; }

        /// <summary>
        /// The names in each layer's folder. Where many are looked for,
        /// reading them all costs less than asking for each in vain.
        /// </summary>
        internal Dictionary<int, HashSet<string>>? Names { get; init; }
        internal bool IsOpen { get; set; } = true;
    }

    /// <summary>Whether the folder must be made on top, as itself or on the way to one.</summary>
    public bool IsWanted(int id) => wanted[id];

    /// <summary>The folder whose attributes the folder must show; null where no layer has an entry for it.</summary>
    public DirectoryHandle? OpenSource(int id, string path) => sources[id] == Nowhere ? null : roots[sources[id]].TryOpenBelow(path);

    /// <summary>Looks at all folders. Returns whether any shows other attributes than it must.</summary>
    public bool Find(CancellationToken cancellation)
    {
        var levels = new Stack<Level>();
        Enter(levels, all.Root, "", Roots());
        while (levels.TryPeek(out var level))
        {
            cancellation.ThrowIfCancellationRequested();
            var id = level.Next;
            if (id == EntryTree.None || level.Showing.Count == 0)
            {
                Close(levels.Pop());
                continue;
            }
            level.Next = all.NextSibling(id);
            Reopen(level);
            var name = all.NameOf(id);
            var below = Below(level, name, all.NameBytes(id));
            // A folder on the way down holds no open files, and the last of its children needs it no more.
            if (all.FirstChild(id) != EntryTree.None)
                Close(level);
            Enter(levels, id, EntryPath.Join(level.Path, name), below);
        }
        return wanted[all.Root];
    }

    private void Enter(Stack<Level> levels, int id, string path, List<Showing> showing)
    {
        Decide(id, showing);
        levels.Push(new Level(path, showing) { Next = all.FirstChild(id), Names = HasMany(id) ? [] : null });
    }

    private bool HasMany(int id)
    {
        const int many = 64;
        var count = 0;
        for (var child = all.FirstChild(id); child != EntryTree.None && count < many; child = all.NextSibling(child))
            count++;
        return count == many;
    }

    private static HashSet<string> NamesOf(int layer, DirectoryHandle folder, Dictionary<int, HashSet<string>> known)
    {
        if (!known.TryGetValue(layer, out var names))
            known[layer] = names = folder.Names().ToHashSet(StringComparer.Ordinal);
        return names;
    }

    private List<Showing> Roots()
    {
        var showing = new List<Showing>();
        for (var layer = 0; layer < roots.Length; layer++)
        {
            showing.Add(new Showing(layer, implied[layer].Tree.Root, roots[layer].Duplicate()));
            if (FolderAttributes.IsOpaque(roots[layer], ""))
                break;
        }
        return showing;
    }

    // The layers that show through in a folder of this one, down to the first that lets nothing through.
    private List<Showing> Below(Level level, string name, ReadOnlySpan<byte> bytes)
    {
        var below = new List<Showing>();
        foreach (var (layer, inSet, folder) in level.Showing)
        {
            if (level.Names is { } names && !NamesOf(layer, folder, names).Contains(name))
                continue;
            if (folder.TryOpenFolder(name, out var isOther) is not { } open)
            {
                if (isOther)
                    break;
                continue;
            }
            below.Add(new Showing(layer, inSet == EntryTree.None ? EntryTree.None : implied[layer].Tree.Child(inSet, bytes), open));
            if (FolderAttributes.IsOpaque(open, ""))
                break;
        }
        return below;
    }

    // It is wrong where the topmost is implied and another below it knows better. What is on the way to it is in the way, too.
    private void Decide(int id, List<Showing> showing)
    {
        sources[id] = Nowhere;
        var first = showing.FindIndex(each => !IsImplied(each));
        if (first < 0)
            return;
        sources[id] = showing[first].Layer;
        for (var up = first > 0 ? id : EntryTree.None; up != EntryTree.None && !wanted[up]; up = all.ParentOf(up))
            wanted[up] = true;
    }

    private bool IsImplied(Showing each) => each.InSet != EntryTree.None && implied[each.Layer].Tree.IsImplied(each.InSet);

    private void Reopen(Level level)
    {
        if (level.IsOpen)
            return;
        for (var i = 0; i < level.Showing.Count; i++)
            level.Showing[i] = level.Showing[i] with { Folder = roots[level.Showing[i].Layer].TryOpenBelow(level.Path)! };
        level.IsOpen = true;
    }

    private static void Close(Level level)
    {
        foreach (var each in level.Showing)
            each.Folder.Dispose();
        level.IsOpen = false;
    }

    public void Dispose()
    {
        foreach (var root in roots)
            root.Dispose();
    }
}
