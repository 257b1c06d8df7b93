namespace Manifold.Layers;

/// <summary>How a layer says "this is gone": in a tar by names, on overlayfs by a device node and an attribute.</summary>
/// <remarks>Source: OCI image specification, "Whiteouts"; kernel, overlayfs.rst, "whiteouts and opaque directories".</remarks>
internal static class Whiteouts
{
    /// <summary>Overlayfs marks an opaque folder with one of these, set to <c>y</c>; the second in mounts without privilege.</summary>
    public const string OverlayOpaque = "trusted.overlay.opaque", UserOverlayOpaque = "user.overlay.opaque";

    /// <summary>Gives the names in a tar their meaning. Null for bookkeeping of aufs, which is no part of the file tree.</summary>
    internal static LayerEntry? FromTar(LayerEntry entry, string source)
    {
        if (!entry.Path.Contains(TarFormat.WhiteoutPrefix, StringComparison.Ordinal))
            return entry is { Kind: EntryKind.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 } ? Whiteout(entry.Path) : entry;
        var folder = EntryPath.Parent(entry.Path);
        var name = EntryPath.Name(entry.Path);
        if (name == TarFormat.OpaqueMarker)
            return LayerEntry.ImpliedFolder(folder, opaque: true);
        var parts = entry.Path.Split('/');
        if (parts.Any(part => part.StartsWith(TarFormat.AufsPrefix, StringComparison.Ordinal)))
            return null;
        if (parts[..^1].Any(IsReserved) || (IsReserved(name) && name[TarFormat.WhiteoutPrefix.Length..] is "" or "." or ".."))
            throw new LayerException($"Reading the tar of {source}: '{entry.Path}' is not a valid whiteout.");
        return IsReserved(name) ? Whiteout(EntryPath.Join(folder, name[TarFormat.WhiteoutPrefix.Length..])) : entry;
    }

    /// <summary>Whether an attribute of overlayfs's makes a folder opaque.</summary>
    /// <exception cref="LayerException">The mount used features (redirect_dir, metacopy) that spread one file over several
    /// layers.</exception>
    internal static bool IsOpaque(string xattr, string path, int type)
    {
        var meaning = xattr[(xattr.LastIndexOf('.') + 1)..];
        if (meaning is "redirect" or "metacopy")
            throw new LayerException($"Reading the changes: '{path}' has the overlayfs attribute '{xattr}'. "
                + "Mount with redirect_dir=off,metacopy=off.");
        return meaning == "opaque" && type == Linux.FileStatus.Folder;
    }

    /// <summary>The name that stands for a whiteout in a tar.</summary>
    internal static string TarName(string path) => EntryPath.Join(EntryPath.Parent(path), TarFormat.WhiteoutPrefix + EntryPath.Name(path));

    /// <summary>Whether a file of this name would turn into a whiteout in a tar.</summary>
    internal static bool IsReserved(string name) => name.StartsWith(TarFormat.WhiteoutPrefix, StringComparison.Ordinal);

    internal static LayerEntry Whiteout(string path) => new() { Path = path, Kind = EntryKind.Whiteout };
}
