namespace Manifold.Layers;

/// <summary>What one layer says, without the layers below it: a table of contents, or the layer unpacked on disk.</summary>
internal interface ILayerContents
{
    /// <summary>
    /// The layer's entry (a whiteout too) of exactly this path, or null. No link is followed; parents are not looked at. Every folder with
    /// something below it is found.
    /// </summary>
    LayerEntry? Find(string path);

    /// <summary>
    /// The entries (whiteouts too) directly in a folder, in <see cref="EntryPath.Order"/>; none where this layer has no such folder.
    /// </summary>
    IEnumerable<LayerEntry> Children(string folder);
}
