namespace Manifold.Linux;

/// <summary>Whole folders.</summary>
public static class FileTree
{
    /// <summary>Deletes a folder and all below it without following links, whatever bytes its names are. Folders that forbid it are opened first. Absent is done.</summary>
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

    /// <summary>The bytes of all files below a folder. Links are not followed.</summary>
    public static long SizeOf(string path) =>
        new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true })
            .Sum(file => file.Length);
}
