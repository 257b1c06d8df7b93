using Manifold.Linux;

namespace Manifold.Layers;

/// <summary>Opens folders below a root step by step, never through a link, and keeps the last one open: entries come in clusters.</summary>
/// <remarks>The root stays the caller's. Not thread-safe.</remarks>
internal sealed class FolderCursor(DirectoryHandle root) : IDisposable
{
    private DirectoryHandle? current;
    private string lastPath = "";
    private int length; // of the part of it that is open

    /// <summary>What to do with a name that is in the way of a folder: throw, or put a folder there.</summary>
    internal delegate void Blocked(DirectoryHandle parent, string name, string path);

    /// <summary>The folder at a path, made 0755 where it is not there. Owned by the cursor, valid until its next call.</summary>
    internal DirectoryHandle OpenOrMake(string path, Blocked blocked) => Walk(path, (parent, name, at, isOther) =>
    {
        if (isOther)
            blocked(parent, name, at);
        else
            parent.TryCreateFolder(name, 0b111_101_101);
        return true;
    })!;

    /// <summary>The folder at a path, as <see cref="OpenOrMake"/>; null where there is none.</summary>
    internal DirectoryHandle? Find(string path) => Walk(path, static (_, _, _, _) => false);

    /// <summary>The folder at a path on a handle of the caller's own; null where there is none. Leaves the cursor where it is.</summary>
    internal DirectoryHandle? TryOpen(string path)
    {
        using var own = new FolderCursor(root);
        return own.Find(path)?.Duplicate();
    }

    /// <summary>The folder is being removed; nothing below it may stay open.</summary>
    internal void Forget(string path)
    {
        var open = lastPath[..length];
        if (open == path || EntryPath.IsBelow(open, path))
            Reset();
    }

    private DirectoryHandle? Walk(string path, Func<DirectoryHandle, string, string, bool, bool> missing)
    {
        if (!IsAtOrBelow(path))
            Reset();
        lastPath = path;
        while (length < path.Length)
        {
            var start = length == 0 ? 0 : length + 1;
            var end = path.IndexOf('/', start) is var slash and >= 0 ? slash : path.Length;
            var (parent, name) = (current ?? root, path[start..end]);
            var next = parent.TryOpenFolder(name, out var isOther);
            if (next is null && !missing(parent, name, path[..end], isOther))
                return null;
            next ??= parent.TryOpenFolder(name, out _) ?? throw new LayerException($"The folder '{path[..end]}' cannot be created.");
            current?.Dispose();
            (current, length) = (next, end);
        }
        return current ?? root;
    }

    // Whether the way to a path leads through the folder that is open.
    private bool IsAtOrBelow(string path) => length == 0
        || (path.Length >= length && (path.Length == length || path[length] == '/')
            && path.AsSpan(0, length).SequenceEqual(lastPath.AsSpan(0, length)));

    private void Reset()
    {
        current?.Dispose();
        (current, lastPath, length) = (null, "", 0);
    }

    public void Dispose() => Reset();
}
