using Microsoft.Win32.SafeHandles;

namespace Manifold.Linux;

/// <summary>
/// A folder that somebody else filled, a build context or a layout:
/// its regular files can be read, and nothing that is not in it.
/// </summary>
/// <remarks>
/// Paths and symbolic links are followed as if this folder were the root of the file system: an absolute link begins here, and <c>..</c>
/// stops here (BuildKit's behavior). No call waits: a FIFO, a device or a socket is refused and never opened. Each step starts from an open
/// folder, so a change of the tree meanwhile leads nowhere else. Thread-safe; opens the folder for each call.
/// </remarks>
/// <param name="root">Where the folder is. Links on this path are followed: it is the caller's.</param>
/// <param name="name">What people call it; null is <paramref name="root"/>.</param>
internal sealed class ForeignFolder(string root, string? name = null)
{
    private const string LeadsNowhere = "it is a symbolic link without a target in this folder. Links to other places are not followed";

    /// <summary>Opens a file from its beginning; owned by the caller.</summary>
    /// <returns>Null where nothing has this name, or a folder does.</returns>
    /// <exception cref="UsageException">It cannot be opened, is not a regular file, or is a link that leads to nothing in the
    /// folder.</exception>
    public FileStream? TryOpen(string path)
    {
        try
        {
            return Directory.Exists(root) && Find(path) is { } file ? new FileStream(file, FileAccess.Read, bufferSize: 0) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong(path, e.Message.TrimEnd('.'));
        }
    }

    /// <summary>A file's content, with at most <paramref name="limit"/> bytes.</summary>
    /// <inheritdoc cref="TryOpen"/>
    public byte[]? TryRead(string path, int limit)
    {
        using var file = TryOpen(path);
        return file is null ? null : PlainFile.ReadToEnd(file, limit) ?? throw Wrong(path, $"it is larger than {limit} bytes");
    }

    /// <summary>Whether a file or a link has this name, wherever a link leads.</summary>
    public bool HasName(string fileName)
    {
        if (!Directory.Exists(root))
            return false;
        using var folder = DirectoryHandle.Open(root);
        return folder.Status(fileName) is { Type: not FileStatus.Folder };
    }

    private SafeFileHandle? Find(string path)
    {
        var pending = new Stack<string>(Parts(path).Reverse());
        var folders = new Stack<DirectoryHandle>([DirectoryHandle.Open(root)]);
        try
        {
            for (var links = 0; pending.TryPop(out var part);)
            {
                if (part == "..")
                {
                    if (folders.Count > 1)
                        folders.Pop().Dispose();
                    continue;
                }
                if (folders.Peek().Status(part) is not { } status)
                    return links == 0 ? null : throw Wrong(path, LeadsNowhere);
                if (status.IsSymbolicLink)
                {
                    if (++links > Limits.SymbolicLinks)
                        throw Wrong(path, $"the path has more than {Limits.SymbolicLinks} symbolic links, which might form a loop");
                    Follow(folders.Peek().ReadLink(part), pending, folders);
                }
                else if (status.Type == FileStatus.Folder && pending.Count > 0)
                    folders.Push(folders.Peek().TryOpenFolder(part, out _) ?? throw Wrong(path, "it changed while it was read"));
                else
                    return status.Type == FileStatus.Folder || pending.Count > 0 ? null : OpenRegular(path, part, folders.Peek(), status);
            }
            return null;
        }
        finally
        {
            foreach (var folder in folders)
                folder.Dispose();
        }
    }

    private static void Follow(string target, Stack<string> pending, Stack<DirectoryHandle> folders)
    {
        while (target.StartsWith('/') && folders.Count > 1)
            folders.Pop().Dispose();
        foreach (var part in Parts(target).Reverse())
            pending.Push(part);
    }

    private SafeFileHandle OpenRegular(string path, string part, DirectoryHandle folder, FileStatus status)
    {
        if (!status.IsRegularFile)
            throw Wrong(path, $"it is a {status.Noun}, not a file");
        var file = folder.OpenFile(part);
        if (FileCalls.TryStatus(file, "") is { IsRegularFile: true })
            return file;
        file.Dispose();
        throw Wrong(path, "it changed while it was read");
    }

    private static IEnumerable<string> Parts(string path) => path.Split('/').Where(part => part is not ("" or "."));

    private UsageException Wrong(string path, string what) => new($"Reading '{path}' in '{name ?? root}': {what}.");
}
