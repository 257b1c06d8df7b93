using Manifold.Linux;

namespace Manifold.Layers;

internal sealed partial class TableOfContents
{
    /// <summary>Takes entries in the order in which they are applied, and knows at each moment what the layer is so far.</summary>
    internal sealed class Builder
    {
        internal EntryTree Tree { get; } = new();

        /// <summary>The entry of this path as it stands now, or null.</summary>
        internal LayerEntry? Find(string path) => Tree.Find(path) is var id and not EntryTree.None ? Tree.Entry(id, path) : null;

        /// <summary>Applies an entry, and returns what now stands at its path.</summary>
        internal LayerEntry Add(LayerEntry entry) => Tree.Entry(Add(entry, out _), entry.Path);

        /// <summary>Applies an entry, and returns the number of the entry that is now at its path.</summary>
        /// <param name="applied">Whether that is the entry given, and not what was there before.</param>
        internal int Add(LayerEntry entry, out bool applied)
        {
            var path = entry.Path;
            Span<byte> room = path.Length <= 256 ? stackalloc byte[768] : new byte[FileName.MaxLength(path)];
            ReadOnlySpan<byte> encoded = room[..FileName.Encode(path, room)];
            if (encoded.IsEmpty)
                return Put(EntryTree.None, encoded, Tree.IsPresent(Tree.Root) ? Tree.Root : EntryTree.None, entry, out applied);
            var slash = encoded.LastIndexOf((byte)'/');
            var folder = FolderAt(slash < 0 ? [] : encoded[..slash]);
            var name = encoded[(slash + 1)..];
            return Put(folder, name, Tree.Child(folder, name), entry, out applied);
        }

        internal TableOfContents Build()
        {
            Tree.Sort();
            return new(Tree);
        }

        // The folder that an entry lies in; what the layer lacks of it is implied.
        private int FolderAt(ReadOnlySpan<byte> path)
        {
            var id = AsFolder(Tree.IsPresent(Tree.Root) ? Tree.Root : EntryTree.None, EntryTree.None, [], []);
            foreach (var part in path.Split((byte)'/'))
            {
                if (!path.IsEmpty)
                    id = AsFolder(Tree.Child(id, path[part]), id, path[part], path[..part.End]);
            }
            return id;
        }

        private int AsFolder(int id, int parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
        {
            if (id == EntryTree.None)
            {
                var implied = LayerEntry.ImpliedFolder("");
                if (parent != EntryTree.None)
                    return Tree.Add(parent, name, implied);
                Tree.Set(Tree.Root, implied);
                return Tree.Root;
            }
            return Tree.KindOf(id) switch
            {
                EntryKind.Folder => id,
                EntryKind.Whiteout => Tree.Replace(id, LayerEntry.ImpliedFolder("", opaque: true)),
                _ => throw new LayerException($"'{FileName.Decode(path)}' is not a folder, but the layer has entries below it."),
            };
        }

        private int Put(int folder, ReadOnlySpan<byte> name, int existing, LayerEntry added, out bool applied)
        {
            applied = true;
            if (existing == EntryTree.None && folder != EntryTree.None)
                return Tree.Add(folder, name, added);
            if (existing == EntryTree.None)
            {
                Tree.Set(Tree.Root, added);
                return Tree.Root;
            }
            var isFolder = Tree.KindOf(existing) == EntryKind.Folder;
            var merged = Merged(Tree.KindOf(existing), Tree.IsOpaque(existing), added);
            applied = merged is not null;
            if (isFolder && (merged is null || merged.Kind == EntryKind.Folder))
                Tree.Set(existing,
                    merged ?? Tree.Entry(existing, added.Path) with { Opaque = Tree.IsOpaque(existing) || HidesLower(added) });
            else if (merged is not null)
                return Tree.Replace(existing, merged);
            return existing;
        }

        private static bool HidesLower(LayerEntry added) => added.Opaque || added.Kind == EntryKind.Whiteout;

        // Null where the existing one stays.
        // A whiteout hides lower layers only: on top of a folder of this layer it makes that opaque, in whichever order they come.
        private static LayerEntry? Merged(EntryKind existing, bool opaque, LayerEntry added) => (existing, added) switch
        {
            (_, { Kind: EntryKind.Whiteout }) when existing != EntryKind.Whiteout => null,
            (EntryKind.Whiteout, { Kind: EntryKind.Folder }) => added with { Opaque = true },
            (EntryKind.Folder, { Kind: EntryKind.Folder, Implied: true }) => null,
            (EntryKind.Folder, { Kind: EntryKind.Folder }) when opaque => added with { Opaque = true },
            _ => added,
        };
    }
}
