namespace Manifold.Linux;

/// <summary>What a folder is apart from its entries: mode, owner, time and extended attributes.</summary>
internal static class FolderAttributes
{
    private static readonly FileStatus RootsOwn = default(FileStatus) with { Mode = 0b111_101_101 };

    /// <summary>Whether overlayfs shows nothing from below a folder.</summary>
    public static bool IsOpaque(DirectoryHandle parent, string name) =>
        parent.Xattrs(name, key => key is "trusted.overlay.opaque" or "user.overlay.opaque").Values.Any(value => value is [(byte)'y']);

    /// <inheritdoc cref="Copy(DirectoryHandle, DirectoryHandle)"/>
    public static void Copy(string source, string target)
    {
        using var from = DirectoryHandle.Open(source);
        using var to = DirectoryHandle.Open(target);
        Copy(from, to);
    }

    /// <inheritdoc cref="Default(DirectoryHandle)"/>
    public static void Default(string folder)
    {
        using var target = DirectoryHandle.Open(folder);
        Default(target);
    }

    /// <summary>
    /// Gives <paramref name="target"/> the attributes of <paramref name="source"/>,
    /// except those that overlayfs keeps for itself.
    /// </summary>
    public static void Copy(DirectoryHandle source, DirectoryHandle target)
    {
        foreach (var (name, value) in source.Xattrs("", name => !name.Contains(".overlay.", StringComparison.Ordinal)))
            target.SetXattr("", name, value);
        Apply(source.Status("")!.Value, target);
    }

    /// <summary>Makes a folder without entries look as an unpacker makes it by default: root's, 0755, the epoch.</summary>
    public static void Default(DirectoryHandle target) => Apply(RootsOwn, target);

    // The time comes last: each of the others sets it.
    private static void Apply(FileStatus status, DirectoryHandle target)
    {
        target.SetOwner("", status.Uid, status.Gid);
        target.SetMode("", status.Mode);
        target.SetModified("", status.Modified);
    }
}
