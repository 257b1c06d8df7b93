namespace Manifold.Linux;

/// <summary>Whole folders.</summary>
internal static class FileTree
{
    /// <summary>
    /// Deletes a folder and all below it without following links, whatever bytes its names are.
    /// Folders that forbid it are opened first. Absent is done.
    /// </summary>
    public static void Delete(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            using var parent = DirectoryHandle.Open(Path.GetDirectoryName(path)!);
            parent.Remove(Path.GetFileName(path));
        }
        catch (IOException e) when (e.HResult == FileCalls.NoEntry)
        {
            // Its parent is not there either.
        }
    }

    /// <summary>
    /// Deletes a folder that others may look at: it leaves its place whole, into <paramref name="through"/>,
    /// before anything in it is deleted.
    /// </summary>
    /// <param name="through">Where what cannot be deleted stays. A folder of another disk is deleted where it is.</param>
    public static void DeleteThrough(string path, string through)
    {
        var doomed = path;
        if (DirectoryHandle.StatusOf(path)?.Device == DirectoryHandle.StatusOf(through)?.Device)
        {
            doomed = Path.Combine(through, $"removed-{Guid.NewGuid():N}");
            Directory.Move(path, doomed);
        }
        Delete(doomed);
    }

    /// <summary>
    /// The bytes of all files below a folder. A file of several names counts once; links are not followed; what cannot be looked
    /// at, or went away, counts nothing.
    /// </summary>
    public static long SizeOf(string path)
    {
        var seen = new HashSet<(ulong, ulong)>();
        return Walk(path, null, lenient: true).Select(file => file.Status).Where(IsNew).Sum(status => status.Size);

        bool IsNew(FileStatus status) => status.IsRegularFile && (status.Links == 1 || seen.Add((status.Device, status.Inode)));
    }

    /// <summary>
    /// Everything below a folder that is not a folder itself, by its path from there, in no order.
    /// None where there is no folder.
    /// </summary>
    /// <remarks>
    /// Names are bytes (<see cref="FileName"/>): the platform's own enumeration looks for files by a decoded name, and so loses, or fails
    /// at, those that are not UTF-8. Links are not followed. One folder is open at a time, however deep the tree is.
    /// </remarks>
    /// <param name="enters">Whether a folder of this name is looked into; null for all.</param>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    public static IEnumerable<(string Path, FileStatus Status)> FilesBelow(string folder, Func<string, bool>? enters = null) =>
        Walk(folder, enters, lenient: false);

    private static IEnumerable<(string Path, FileStatus Status)> Walk(string folder, Func<string, bool>? enters, bool lenient)
    {
        using var root = Directory.Exists(folder) ? Tried(() => DirectoryHandle.Open(folder), lenient) : null;
        var pending = new Stack<string>(root is null ? [] : [""]);
        while (pending.TryPop(out var path))
        {
            using var open = Tried(() => root!.TryOpenBelow(path), lenient);
            foreach (var name in open is null ? [] : Tried(open.Names, lenient) ?? [])
            {
                if (Tried(() => open!.Status(name), lenient) is not { } status)
                    continue;
                var below = path.Length == 0 ? name : $"{path}/{name}";
                if (!status.IsFolder)
                    yield return (below, status);
                else if (enters?.Invoke(name) != false)
                    pending.Push(below);
            }
        }
    }

    private static T? Tried<T>(Func<T?> look, bool lenient)
    {
        try
        {
            return look();
        }
        catch (IOException) when (lenient)
        {
            return default;
        }
    }
}
