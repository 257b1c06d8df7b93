namespace Manifold.Layers;

/// <summary>What unpacking made.</summary>
internal sealed record UnpackedFolder
{
    public required TableOfContents Contents { get; init; }

    /// <summary>Folders that were made 0755 root because something is below them; in a chain the layers below know better.</summary>
    public FolderSet ImpliedFolders => Contents.ImpliedFolders;
}

/// <summary>Unpacks a layer's entries into a folder, and nowhere else.</summary>
/// <remarks>
/// <code>
/// 1  the path is in its plain form, without `..`
/// 2  its parent is opened step by step from the folder, no link followed; what the layer lacks is made and noted as implied
/// 3  the entry is made under a name in the open parent; what was there before gives way, except that a folder stays a folder
/// 4  owner, then mode (chown clears setuid), then attributes (chown clears capabilities), then time
/// 5  times of folders last, since filling a folder changes its time
/// </code>
/// Symbolic links are made as they stand, and never followed; an entry below one is refused. A hard link names a file of this layer, or a
/// copy of a lower layer's. Nothing is synced: a snapshot becomes visible by a rename, and is made again after a crash.
/// After an exception the folder holds part of the layer: delete it. Needs CAP_CHOWN, CAP_FOWNER and CAP_MKNOD for what is not the caller's
/// own.
/// </remarks>
/// <param name="folder">Exists or is made; nobody else changes it meanwhile.</param>
internal sealed class FolderWriter(string folder, FolderFormat format = FolderFormat.Overlay)
{
    /// <summary>
    /// Finds the file that a hard link to a lower layer means: from a path in the layer to a path on this machine, or null.
    /// The link becomes a copy.
    /// </summary>
    public Func<string, string?>? LowerFile { get; init; }

    /// <summary>Applies the entries in their order.</summary>
    /// <exception cref="LayerException">An entry tries to leave the folder, or cannot be.</exception>
    public UnpackedFolder Write(IEnumerable<LayerEntry> entries, CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(folder);
        using var unpacking = new Unpacking(folder, format, LowerFile);
        foreach (var entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            unpacking.Apply(entry);
        }
        return new UnpackedFolder { Contents = unpacking.Finish(cancellation) };
    }
}
