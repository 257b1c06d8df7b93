namespace Manifold.Projects;

/// <summary>Makes absolute paths of those in a project file, which start from the file's folder, and shortens them for people.</summary>
internal sealed record ProjectPaths(string Folder, string WorkingFolder)
{
    public static ProjectPaths Of(string file, ReadingOptions options) =>
        new(Path.GetDirectoryName(Path.GetFullPath(file, options.WorkingFolder))!, options.WorkingFolder);

    /// <summary>For what starts from the working folder.</summary>
    public static ProjectPaths In(ReadingOptions options) => new(options.WorkingFolder, options.WorkingFolder);

    public string Absolute(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, Folder));

    /// <summary>From the working folder where the path is in it.</summary>
    public string Shown(string path)
    {
        var relative = Path.GetRelativePath(WorkingFolder, Path.GetFullPath(path, WorkingFolder));
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
