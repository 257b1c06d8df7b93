using System.Buffers;
using Manifold.Linux;
using Microsoft.Win32.SafeHandles;

namespace Manifold.Layers;

/// <summary>One run of <see cref="FolderWriter"/>; the numbers are those of its picture.</summary>
internal sealed class Unpacking : IDisposable
{
    private readonly string folder;
    private readonly FolderFormat format;
    private readonly Func<string, string?>? lowerFile;
    private readonly TableOfContents.Builder contents = new();
    private readonly DirectoryHandle root;
    private readonly FolderCursor cursor;
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);

    internal Unpacking(string folder, FolderFormat format, Func<string, string?>? lowerFile)
    {
        root = DirectoryHandle.Open(folder);
        cursor = new FolderCursor(root);
        (this.folder, this.format, this.lowerFile) = (folder, format, lowerFile);
    }

    internal void Apply(LayerEntry entry)
    {
        try
        {
            EntryPath.Checked(entry.Path);
            if (format == FolderFormat.UserOverlay && !(UserNamespace.HasUser(entry.Uid) && UserNamespace.HasGroup(entry.Gid)))
                throw new LayerException($"Unpacking '{entry.Path}': {UserNamespace.DescribeForeign(entry.Uid, entry.Gid)}");
            var before = contents.Find(entry.Path);
            var merged = contents.Add(entry);
            Place(entry, before, merged);
        }
        catch (IOException e) when (DiskTrouble.IsIn(e))
        {
            // The machine's trouble, and not the layer's.
            throw new IOException($"Unpacking '{entry.Path}' into '{folder}': {e.Message}", e.HResult);
        }
        catch (IOException e)
        {
            throw new LayerException($"Unpacking '{entry.Path}': {e.Message}", e);
        }
    }

    // 5
    internal TableOfContents Finish(CancellationToken cancellation)
    {
        var table = contents.Build();
        foreach (var entry in table.Entries.Until(cancellation))
        {
            if (entry.Kind == EntryKind.Folder && !entry.Implied)
                Parent(entry.Path).SetModified(Name(entry.Path), entry.Modified);
        }
        return table;
    }

    private void Place(LayerEntry entry, LayerEntry? before, LayerEntry merged)
    {
        var parent = Parent(entry.Path);
        var name = Name(entry.Path);
        if (entry.Kind == EntryKind.Folder)
            PlaceFolder(parent, name, entry, merged);
        else if (entry.Kind == EntryKind.Whiteout)
            PlaceWhiteout(parent, name, before);
        else if (entry.Path.Length == 0)
            throw new LayerException("The root of a layer is not a folder.");
        else
            Replace(parent, name, entry);
    }

    private void Replace(DirectoryHandle parent, string name, LayerEntry entry)
    {
        if (TryMake(parent, name, entry))
            return;
        Remove(parent, name, entry.Path);
        if (!TryMake(parent, name, entry))
            throw new LayerException($"Unpacking '{entry.Path}': another program is writing to the folder.");
    }

    private bool TryMake(DirectoryHandle parent, string name, LayerEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.File: return TryMakeFile(parent, name, entry);
            case EntryKind.HardLink: return TryMakeLink(parent, name, entry);
            case EntryKind.SymbolicLink:
                if (!parent.TryCreateSymbolicLink(name, entry.LinkTarget!))
                    return false;
                break;
            case EntryKind.CharacterDevice or EntryKind.BlockDevice when format == FolderFormat.UserOverlay:
                return TryMakePlaceholder(parent, name, entry);
            default:
                if (!parent.TryCreateNode(name, NodeType(entry), entry.DeviceMajor, entry.DeviceMinor))
                    return false;
                break;
        }
        Describe(parent, name, entry);
        parent.SetModified(name, entry.Modified);
        return true;
    }

    private bool TryMakeFile(DirectoryHandle parent, string name, LayerEntry entry)
    {
        using var file = parent.TryCreateFile(name);
        if (file is null)
            return false;
        try
        {
            WriteContent(file, entry);
        }
        catch
        {
            parent.Remove(name); // half a file in a folder that was there before would look like a whole one
            throw;
        }
        DirectoryHandle.SetOwnerAndMode(file, entry.Uid, entry.Gid, entry.Mode);
        SetXattrs(parent, name, entry);
        DirectoryHandle.SetModified(file, entry.Modified);
        return true;
    }

    private void WriteContent(SafeFileHandle file, LayerEntry entry)
    {
        if (entry.Size == 0)
            return;
        using var content = entry.Open!();
        for (long offset = 0; offset < entry.Size;)
        {
            var count = content.Read(buffer, 0, (int)Math.Min(buffer.Length, entry.Size - offset));
            if (count == 0)
                throw new LayerException($"Unpacking '{entry.Path}': its content ends after {offset} of {entry.Size} bytes.");
            RandomAccess.Write(file, buffer.AsSpan(0, count), offset);
            offset += count;
        }
    }

    private bool TryMakePlaceholder(DirectoryHandle parent, string name, LayerEntry device)
    {
        _ = NodeType(device);
        return TryMakeFile(parent, name,
            device with { Kind = EntryKind.File, Xattrs = device.Xattrs.Add(DevicePlaceholder.Xattr, DevicePlaceholder.Value(device)) });
    }

    private bool TryMakeLink(DirectoryHandle parent, string name, LayerEntry entry)
    {
        var target = EntryPath.Checked(entry.LinkTarget!);
        if (target == entry.Path || contents.Find(target) is { Kind: EntryKind.Folder or EntryKind.Whiteout })
            throw new LayerException($"Unpacking '{entry.Path}': it is a hard link to '{target}', which is not a file.");
        if (contents.Find(target) is null)
            return TryMakeCopy(parent, name, entry);
        using var folder = cursor.TryOpen(EntryPath.Parent(target))
            ?? throw new LayerException($"Unpacking '{entry.Path}': it is a hard link to '{target}', which no longer exists.");
        return parent.TryLink(folder, EntryPath.Name(target), name);
    }

    // The target lies in a lower layer, which is shared and stays as it is.
    private bool TryMakeCopy(DirectoryHandle parent, string name, LayerEntry entry)
    {
        var lower = lowerFile?.Invoke(entry.LinkTarget!)
            ?? throw new LayerException($"Unpacking '{entry.Path}': "
                + $"it is a hard link to '{entry.LinkTarget}', which is in neither this layer nor a lower one.");
        using var folder = DirectoryHandle.Open(Path.GetDirectoryName(lower)!);
        var original = FolderReader.Entry(folder, Path.GetFileName(lower), entry.Path, FolderFormat.Plain)
            ?? throw new LayerException($"Unpacking '{entry.Path}': the target of the hard link is missing in '{lower}'.");
        if (original.Kind == EntryKind.Folder)
            throw new LayerException($"Unpacking '{entry.Path}': it is a hard link to '{entry.LinkTarget}', which is a folder.");
        return TryMake(parent, name, original.Kind == EntryKind.File ? original with { Open = () => File.OpenRead(lower) } : original);
    }

    private void PlaceFolder(DirectoryHandle parent, string name, LayerEntry entry, LayerEntry merged)
    {
        if (name.Length > 0 && !parent.TryCreateFolder(name, entry.Implied ? 0b111_101_101 : 0b111_000_000))
        {
            if (parent.Status(name)?.Type != FileStatus.Folder)
            {
                Remove(parent, name, entry.Path);
                parent.TryCreateFolder(name, 0b111_101_101);
            }
            else if (!entry.Implied)
                ClearXattrs(parent, name);
        }
        if (!entry.Implied)
            Describe(parent, name, entry);
        if (merged.Opaque)
            MakeOpaque(parent, name, entry.Path);
    }

    private void PlaceWhiteout(DirectoryHandle parent, string name, LayerEntry? before)
    {
        if (name.Length == 0)
            throw new LayerException("A layer cannot delete its root.");
        if (before is { Kind: EntryKind.Folder })
            MakeOpaque(parent, name, before.Path);
        else if (before is null && format != FolderFormat.Plain)
            parent.TryCreateNode(name, FileStatus.CharacterDevice, 0, 0);
        else if (before is null)
            parent.Remove(name);
    }

    private void MakeOpaque(DirectoryHandle parent, string name, string path)
    {
        if (format != FolderFormat.Plain)
        {
            SetOpaque(parent, name);
            return;
        }
        using var opaque = name.Length == 0 ? parent.Duplicate() : parent.TryOpenFolder(name, out _);
        foreach (var child in opaque?.Names() ?? [])
        {
            if (contents.Find(EntryPath.Join(path, child)) is null)
                opaque!.Remove(child);
        }
    }

    // 4
    private void Describe(DirectoryHandle parent, string name, LayerEntry entry)
    {
        parent.SetOwner(name, entry.Uid, entry.Gid);
        if (entry.Kind != EntryKind.SymbolicLink)
            parent.SetMode(name, entry.Mode);
        SetXattrs(parent, name, entry);
    }

    private void SetXattrs(DirectoryHandle parent, string name, LayerEntry entry)
    {
        foreach (var (key, value) in entry.Xattrs)
        {
            // Nobody sees trusted attributes in a user namespace, so nobody misses them there.
            if (format == FolderFormat.UserOverlay
                ? !key.StartsWith("trusted.", StringComparison.Ordinal)
                    && (TravellingXattrs.Includes(key) || key == DevicePlaceholder.Xattr)
                : TravellingXattrs.Includes(key))
                parent.SetXattr(name, key, value);
        }
    }

    // A folder that stays gets the attributes of its new entry, and no others.
    private static void ClearXattrs(DirectoryHandle parent, string name)
    {
        foreach (var key in parent.Xattrs(name, TravellingXattrs.Includes).Keys)
            parent.RemoveXattr(name, key);
    }

    private static int NodeType(LayerEntry entry) => entry.Kind switch
    {
        EntryKind.CharacterDevice when entry is { DeviceMajor: 0, DeviceMinor: 0 } =>
            throw new LayerException($"Unpacking '{entry.Path}': "
                + "the device 0:0 marks a deleted file in overlayfs and cannot be a real device."),
        EntryKind.CharacterDevice => FileStatus.CharacterDevice,
        EntryKind.BlockDevice => FileStatus.BlockDevice,
        EntryKind.Fifo => FileStatus.Fifo,
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry.Kind, "No such kind of entry."),
    };

    private void Remove(DirectoryHandle parent, string name, string path)
    {
        cursor.Forget(path);
        parent.Remove(name);
    }

    // 2
    private DirectoryHandle Parent(string path) => path.Length == 0 ? root : cursor.OpenOrMake(EntryPath.Parent(path), OnBlocked);

    // A whiteout of this layer with something new below it: the folder is new, and hides the lower one.
    private void OnBlocked(DirectoryHandle parent, string name, string path)
    {
        if (contents.Find(path) is not { Kind: EntryKind.Folder, Implied: true, Opaque: true })
            throw new LayerException($"'{path}' is a link or a file, but the layer has entries below it. "
                + "Layers are never unpacked through links.");
        parent.Remove(name);
        parent.TryCreateFolder(name, 0b111_101_101);
        if (format != FolderFormat.Plain)
            SetOpaque(parent, name);
    }

    private void SetOpaque(DirectoryHandle folder, string name) =>
        folder.SetXattr(name, format == FolderFormat.UserOverlay ? Whiteouts.UserOverlayOpaque : Whiteouts.OverlayOpaque, "y"u8);

    private static string Name(string path) => EntryPath.Name(path);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        cursor.Dispose();
        root.Dispose();
    }
}
