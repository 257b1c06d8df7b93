namespace Manifold.Layers;

/// <summary>
/// The entries of a layer without their content. An entry takes a few dozen bytes on disk,
/// and about 80 and its name in memory.
/// </summary>
/// <remarks>
/// Holds one entry a path, as if the tar had been unpacked: a later entry has replaced an earlier one, and folders that the tar only
/// implies are there, marked so. Content and extended attributes are not kept. Lookups cost the components of the path.
/// Entries are made when they are asked for. Immutable.
/// </remarks>
internal sealed partial class TableOfContents : ILayerContents
{
    private readonly EntryTree tree;

    private TableOfContents(EntryTree tree) => this.tree = tree;

    public static TableOfContents Empty { get; } = new(new EntryTree());

    /// <summary>All entries in <see cref="EntryPath.Order"/>.</summary>
    public IEnumerable<LayerEntry> Entries => tree.Walk(tree.Root, "").Select(at => tree.Entry(at.Id, at.Path));

    /// <summary>
    /// Folders that the layer has no entry for. Their attributes are the lower layers', or 0755 root where those have none.
    /// </summary>
    public FolderSet ImpliedFolders => new(tree);

    internal EntryTree Tree => tree;

    /// <summary>The table of entries in any form and order (a later one of the same path replaces the earlier).</summary>
    public static TableOfContents Of(IEnumerable<LayerEntry> entries)
    {
        var builder = new Builder();
        foreach (var entry in entries)
            builder.Add(entry, out _);
        return builder.Build();
    }

    public LayerEntry? Find(string path) => tree.Find(path) is var id and not EntryTree.None ? tree.Entry(id, path) : null;

    public IEnumerable<LayerEntry> Children(string folder)
    {
        var found = tree.Find(folder);
        for (var id = found == EntryTree.None ? found : tree.FirstChild(found); id != EntryTree.None; id = tree.NextSibling(id))
            yield return tree.Entry(id, EntryPath.Join(folder, tree.NameOf(id)));
    }
}
