namespace Manifold;

/// <summary>Where a file shall be written at the end of long work: asked for at its begin.</summary>
public static class OutputFolder
{
    /// <param name="path">The file; null and the empty text ask for nothing.</param>
    /// <exception cref="UsageException">Its folder is not there, or the file is a folder.</exception>
    public static void Require(string? path)
    {
        if (string.IsNullOrEmpty(path))
            return;
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new UsageException($"'{path}' has a zero byte, which no file's name can have.");
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder, and a file shall be written there. Name the file.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"There is no folder '{folder}' to write '{Path.GetFileName(path)}' to. Make it first: mkdir -p {folder}");
    }
}
