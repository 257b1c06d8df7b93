namespace Manifold.Layers;

public sealed partial class TableOfContents
{
    /// <summary>Takes entries in the order in which they are applied, and knows at each moment what the layer is so far.</summary>
    internal sealed class Builder
    {
        private readonly Dictionary<string, (LayerEntry Entry, int Order)> entries = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> replacedFolders = new(StringComparer.Ordinal);
        private int order;

        /// <summary>The entry of this path as it stands now, or null.</summary>
        internal LayerEntry? Find(string path) => entries.TryGetValue(path, out var found) && Remains(found) ? found.Entry : null;

        /// <summary>Applies an entry, and returns what now stands at its path.</summary>
        internal LayerEntry Add(LayerEntry entry)
        {
            if (entries.Count >= Limits.LayerEntries)
                throw new LayerException($"A layer has more than {Limits.LayerEntries} entries.");
            AddImpliedParents(entry.Path);
            var merged = Merged(Find(entry.Path), entry.WithoutContent());
            if (merged.Kind != EntryKind.Folder && Find(entry.Path)?.Kind == EntryKind.Folder)
                replacedFolders[entry.Path] = order;
            entries[entry.Path] = (merged, order++);
            return merged;
        }

        internal TableOfContents Build()
        {
            var sorted = entries.Values.OrderBy(pair => pair.Entry.Path, EntryPath.Order);
            return new([.. sorted.Where(Remains).Select(pair => pair.Entry)]);
        }

        private void AddImpliedParents(string path)
        {
            while (path.Length > 0)
            {
                path = EntryPath.Parent(path);
                var parent = Find(path);
                if (parent?.Kind == EntryKind.Folder)
                    return;
                if (parent is not null and not { Kind: EntryKind.Whiteout })
                    throw new LayerException($"'{path}' is no folder, and the layer has something below it.");
                entries[path] = (LayerEntry.ImpliedFolder(path, opaque: parent is not null), order);
            }
        }

        // What was below a folder when something else took its place went with it.
        private bool Remains((LayerEntry Entry, int Order) pair)
        {
            for (var path = pair.Entry.Path; path.Length > 0 && replacedFolders.Count > 0;)
            {
                path = EntryPath.Parent(path);
                if (replacedFolders.TryGetValue(path, out var at) && at >= pair.Order)
                    return false;
            }
            return true;
        }

        // A whiteout hides lower layers only: on top of a folder of this layer it makes that opaque, in whichever order they come.
        private static LayerEntry Merged(LayerEntry? existing, LayerEntry added) => (existing, added) switch
        {
            (null, _) => added,
            ({ Kind: EntryKind.Folder }, { Kind: EntryKind.Whiteout }) => existing with { Opaque = true },
            ({ Kind: not EntryKind.Whiteout }, { Kind: EntryKind.Whiteout }) => existing,
            ({ Kind: EntryKind.Whiteout }, { Kind: EntryKind.Folder }) => added with { Opaque = true },
            ({ Kind: EntryKind.Folder }, { Kind: EntryKind.Folder, Implied: true }) => existing with { Opaque = existing.Opaque || added.Opaque },
            ({ Kind: EntryKind.Folder, Opaque: true }, { Kind: EntryKind.Folder }) => added with { Opaque = true },
            _ => added,
        };
    }
}
