namespace Manifold.Foundation;

/// <summary>Where a file shall be written at the end of long work: asked for at its begin.</summary>
internal static class OutputFolder
{
    /// <param name="path">The file; null and the empty text ask for nothing.</param>
    /// <exception cref="UsageException">Its folder is not there, or the file is a folder.</exception>
    public static void Require(string? path)
    {
        if (string.IsNullOrEmpty(path))
            return;
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new UsageException($"'{path}' is not a valid file name: it contains a zero byte.");
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder. Choose a file to write.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"The folder '{folder}' for '{Path.GetFileName(path)}' does not exist. Create it first: "
                + $"mkdir -p {folder}");
    }
}
