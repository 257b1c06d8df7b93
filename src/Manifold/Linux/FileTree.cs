namespace Manifold.Linux;

/// <summary>Whole folders.</summary>
public static class FileTree
{
    /// <summary>Deletes a folder and all below it without following links. Folders that forbid it are opened first. Absent is done.</summary>
    public static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (UnauthorizedAccessException)
        {
            foreach (var folder in Directory.EnumerateDirectories(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>The bytes of all files below a folder. Links are not followed.</summary>
    public static long SizeOf(string path) =>
        new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true })
            .Sum(file => file.Length);
}
