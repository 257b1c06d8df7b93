namespace Manifold.Projects;

/// <summary>Paths as people should see them.</summary>
internal static class ShownPath
{
    /// <summary>From the working folder where it lies below that, else the whole of it.</summary>
    public static string Of(string path, ReadingOptions options)
    {
        var relative = Path.GetRelativePath(options.WorkingFolder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
