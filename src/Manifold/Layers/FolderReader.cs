using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>
/// Reads a folder on disk as a layer's entries: overlayfs's upper folder after a RUN, an unpacked snapshot, or plain files.
/// </summary>
/// <remarks>
/// Parents first, in <see cref="EntryPath.Order"/>. The second and later names of one inode are hard links to the first. Sockets are left
/// out, as every container tool does. Attributes of overlayfs and of the host never leave (<see cref="TravellingXattrs"/>). Content is
/// opened when asked for. Nobody may change the folder meanwhile. Costs one status call and one list of attributes a file; no file is
/// opened.
/// </remarks>
/// <param name="folder">A path on this machine.</param>
internal sealed class FolderReader(string folder, FolderFormat format = FolderFormat.Overlay)
{
    /// <summary>Whether the root itself is an entry. The root of an upper folder was made by us and says nothing.</summary>
    public bool IncludeRoot { get; init; }

    /// <summary>Leaves an entry out where it is as below already: overlayfs copies up more than what changes.</summary>
    public Func<LayerEntry, bool>? SameAsLower { get; init; }

    /// <summary>Folders that stand here without the layer having an entry for them (<see cref="UnpackedFolder.ImpliedFolders"/>).</summary>
    public FolderSet? ImpliedFolders { get; init; }

    public IEnumerable<LayerEntry> Entries()
    {
        using var root = DirectoryHandle.Open(folder);
        var links = new Dictionary<(ulong, ulong), string>();
        var pending = new Stack<(DirectoryHandle Folder, IEnumerator<string> Names, string Path, bool HidesLower)>();
        try
        {
            if (IncludeRoot && Look(root, "", "", links) is { } top)
                yield return top;
            pending.Push((root.Duplicate(), SortedNames(root), "", false));
            while (pending.TryPeek(out var at))
            {
                if (!at.Names.MoveNext())
                {
                    pending.Pop().Folder.Dispose();
                    continue;
                }
                var path = EntryPath.Join(at.Path, at.Names.Current);
                if (Look(at.Folder, at.Names.Current, path, links) is not { } entry)
                    continue;
                if (entry.Kind == EntryKind.Folder)
                {
                    var below = at.Folder.TryOpenFolder(at.Names.Current,
                        out _) ?? throw new LayerException($"'{path}' was deleted while it was read.");
                    pending.Push((below, SortedNames(below), path, at.HidesLower || entry.Opaque));
                }
                // An opaque folder hides what is below it, even from a lower one that was opaque; so all of it is made anew.
                if (at.HidesLower || entry.Opaque || SameAsLower?.Invoke(entry) != true)
                    yield return entry;
            }
        }
        finally
        {
            foreach (var at in pending)
                at.Folder.Dispose();
        }
    }

    /// <summary>
    /// One name of an open folder as an entry of the path given; null for nothing and for sockets. Its content is not set.
    /// </summary>
    internal static LayerEntry? Entry(DirectoryHandle parent, string name, string path, FolderFormat format) =>
        parent.Status(name) is { } status ? Entry(parent, name, path, status, format) : null;

    private LayerEntry? Look(DirectoryHandle parent, string name, string path, Dictionary<(ulong, ulong), string> links)
    {
        if (parent.Status(name) is not { } status || Entry(parent, name, path, status, format) is not { } entry)
            return null;
        if (entry.Kind == EntryKind.Folder)
            return ImpliedFolders?.Contains(path) == true ? LayerEntry.ImpliedFolder(path, entry.Opaque) : entry;
        if (status.Links > 1 && entry.Kind != EntryKind.Whiteout && !links.TryAdd((status.Device, status.Inode), path))
            return entry.AsHardLink(path, links[(status.Device, status.Inode)]);
        return entry.Kind == EntryKind.File ? entry with { Open = () => OpenFile(folder, path) } : entry;
    }

    /// <summary>Opens a file of an unpacked folder for reading. The folders on its way are known to be folders.</summary>
    internal static FileStream OpenFile(string folder, string path)
    {
        using var parent = DirectoryHandle.Open(EntryPath.Join(folder, EntryPath.Parent(path)).TrimEnd('/'));
        return new FileStream(parent.OpenFile(EntryPath.Name(path)), FileAccess.Read, bufferSize: 0);
    }

    private static LayerEntry? Entry(DirectoryHandle parent, string name, string path, FileStatus status, FolderFormat format)
    {
        var isWhiteout = status is { Type: FileStatus.CharacterDevice, NodeMajor: 0, NodeMinor: 0 };
        if (isWhiteout && format != FolderFormat.Plain)
            return Whiteouts.Whiteout(path);
        if (status.Type == FileStatus.Socket || isWhiteout)
            return null;
        var (opaque, placeholder) = (false, false);
        var xattrs = parent.Xattrs(name, key =>
        {
            if (format != FolderFormat.Plain && key.Contains(".overlay.", StringComparison.Ordinal))
                opaque |= Whiteouts.IsOpaque(key, path, status.Type);
            placeholder |= format != FolderFormat.Plain && key == DevicePlaceholder.Xattr;
            return TravellingXattrs.Includes(key);
        });
        var isDevice = status.Type is FileStatus.CharacterDevice or FileStatus.BlockDevice;
        var entry = new LayerEntry
        {
            Path = path,
            Kind = Kind(status.Type),
            Mode = status.Mode,
            Uid = status.Uid,
            Gid = status.Gid,
            Modified = status.Modified,
            Size = status.Type == FileStatus.RegularFile ? status.Size : 0,
            LinkTarget = status.Type == FileStatus.SymbolicLink ? parent.ReadLink(name) : null,
            DeviceMajor = isDevice ? status.NodeMajor : 0,
            DeviceMinor = isDevice ? status.NodeMinor : 0,
            Xattrs = xattrs,
            Opaque = opaque,
            Identity = FileIdentity.Of(status),
        };
        return placeholder
            ? DevicePlaceholder.Device(entry, parent.Xattrs(name, key => key == DevicePlaceholder.Xattr)[DevicePlaceholder.Xattr])
            : entry;
    }

    private static EntryKind Kind(int type) => type switch
    {
        FileStatus.RegularFile => EntryKind.File,
        FileStatus.Folder => EntryKind.Folder,
        FileStatus.SymbolicLink => EntryKind.SymbolicLink,
        FileStatus.CharacterDevice => EntryKind.CharacterDevice,
        FileStatus.BlockDevice => EntryKind.BlockDevice,
        _ => EntryKind.Fifo,
    };

    private static IEnumerator<string> SortedNames(DirectoryHandle folder) => folder.Names().Order(EntryPath.Order).GetEnumerator();
}
