namespace Manifold.Linux;

/// <summary>What a folder is apart from its entries: mode, owner, time and extended attributes.</summary>
internal static class FolderAttributes
{
    private static readonly FileStatus RootsOwn = default(FileStatus) with { Mode = 0b111_101_101 };

    /// <summary>Whether overlayfs shows nothing from below this folder.</summary>
    public static bool IsOpaque(string folder)
    {
        using var handle = DirectoryHandle.Open(folder);
        return handle.Xattrs("", name => name is "trusted.overlay.opaque" or "user.overlay.opaque").Values.Any(value => value is [(byte)'y']);
    }

    /// <summary>Gives <paramref name="to"/> the attributes of <paramref name="from"/>, except those that overlayfs keeps for itself.</summary>
    public static void Copy(string from, string to)
    {
        using var source = DirectoryHandle.Open(from);
        using var target = DirectoryHandle.Open(to);
        foreach (var (name, value) in source.Xattrs("", name => !name.Contains(".overlay.", StringComparison.Ordinal)))
            target.SetXattr("", name, value);
        Apply(source.Status("")!.Value, target);
    }

    /// <summary>Makes a folder without entries look as an unpacker makes it by default: root's, 0755, the epoch.</summary>
    public static void Default(string folder)
    {
        using var target = DirectoryHandle.Open(folder);
        Apply(RootsOwn, target);
    }

    // The time comes last: each of the others sets it.
    private static void Apply(FileStatus status, DirectoryHandle target)
    {
        target.SetOwner("", status.Uid, status.Gid);
        target.SetMode("", status.Mode);
        target.SetModified("", status.Modified);
    }
}
