using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>An unpacked layer on disk as a part of a <see cref="Chain"/>: entries have content, and nothing is mounted.</summary>
/// <remarks>Looks at the disk at each call; no link is ever followed. Hard links are files here, of one
/// <see cref="LayerEntry.Identity"/>. Not thread-safe: one for each reader.</remarks>
/// <param name="folder">In <see cref="FolderFormat.Overlay"/>; nobody changes it meanwhile.</param>
/// <param name="impliedFolders">What <see cref="FolderWriter"/> said when it made the folder.</param>
internal sealed class SnapshotFolder(string folder, FolderSet? impliedFolders = null) : ILayerContents, IDisposable
{
    private readonly DirectoryHandle root = DirectoryHandle.Open(folder);
    private FolderCursor? cursor;

    public string Folder => folder;

    /// <summary>Where a path of this layer lies on the machine.</summary>
    public string PathOnDisk(string path) => Path.Combine(folder, path);

    public LayerEntry? Find(string path) =>
        Cursor.Find(EntryPath.Parent(path)) is { } parent ? Entry(parent, EntryPath.Name(path), path) : null;

    public IEnumerable<LayerEntry> Children(string folder)
    {
        if (Cursor.Find(folder)?.Names() is not { } names)
            yield break;
        foreach (var name in names.Order(EntryPath.Order))
        {
            if (Cursor.Find(folder) is { } open && Entry(open, name, EntryPath.Join(folder, name)) is { } entry)
                yield return entry;
        }
    }

    private FolderCursor Cursor => cursor ??= new FolderCursor(root);

    private LayerEntry? Entry(DirectoryHandle parent, string name, string path)
    {
        var entry = FolderReader.Entry(parent, name, path, FolderFormat.Overlay);
        return entry switch
        {
            { Kind: EntryKind.Folder } when impliedFolders?.Contains(path) == true => LayerEntry.ImpliedFolder(path, entry.Opaque),
            { Kind: EntryKind.File } => entry with { Open = () => FolderReader.OpenFile(folder, path) },
            _ => entry,
        };
    }

    public void Dispose()
    {
        cursor?.Dispose();
        root.Dispose();
    }
}
