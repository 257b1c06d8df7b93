using System.Collections.Immutable;

namespace Manifold.Layers;

/// <summary>What is in a layer, without the bytes: a sorted list, a few dozen bytes an entry on disk.</summary>
/// <remarks>
/// Holds one entry a path, as if the tar had been unpacked: a later entry has replaced an earlier one, and folders that the tar only implies
/// are there, marked so. Content and extended attributes are not kept. Lookups cost O(log n). Immutable.
/// </remarks>
public sealed partial class TableOfContents : ILayerContents
{
    private readonly ImmutableArray<LayerEntry> entries;

    private TableOfContents(ImmutableArray<LayerEntry> entries) => this.entries = entries;

    public static TableOfContents Empty { get; } = new([]);

    /// <summary>All entries in <see cref="EntryPath.Order"/>.</summary>
    public ImmutableArray<LayerEntry> Entries => entries;

    /// <summary>Folders that the layer has no entry for. Their attributes are the lower layers', or 0755 root where those have none.</summary>
    public IEnumerable<string> ImpliedFolders => entries.Where(entry => entry.Implied).Select(entry => entry.Path);

    /// <summary>The table of entries in any form and order (a later one of the same path replaces the earlier).</summary>
    public static TableOfContents Of(IEnumerable<LayerEntry> entries)
    {
        var builder = new Builder();
        foreach (var entry in entries)
            builder.Add(entry);
        return builder.Build();
    }

    public LayerEntry? Find(string path) => IndexOf(path) is var index and >= 0 ? entries[index] : null;

    /// <remarks>Costs O(log n) for each child.</remarks>
    public IEnumerable<LayerEntry> Children(string folder)
    {
        var index = IndexOf(folder);
        for (index = index >= 0 ? index + 1 : ~index; index < entries.Length && EntryPath.IsBelow(entries[index].Path, folder);)
        {
            yield return entries[index];
            index = SubtreeEnd(index);
        }
    }

    // The first index behind everything below the entry.
    private int SubtreeEnd(int index)
    {
        var path = entries[index].Path;
        int low = index + 1, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = EntryPath.IsBelow(entries[middle].Path, path) ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    // The index, or the complement of where it would be.
    private int IndexOf(string path)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = EntryPath.Order.Compare(entries[middle].Path, path);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }
        return ~low;
    }
}
