namespace Manifold.Layers;

/// <summary>What a folder on disk stands for.</summary>
internal enum FolderFormat
{
    /// <summary>One layer, as overlayfs wants it: a whiteout is a character device 0:0, an opaque folder has an attribute.</summary>
    Overlay,

    /// <summary>
    /// The same in a user namespace: the attribute is one that users may set, and a file with an attribute stands for a device
    /// (<see cref="DevicePlaceholder"/>).
    /// </summary>
    UserOverlay,

    /// <summary>A file tree as it is: applying a whiteout deletes, reading one finds none.</summary>
    Plain,
}
