
namespace Manifold.Projects;

/// <summary>Paths as somebody in a folder would write them.</summary>
internal static class RelativePath
{
    /// <summary>Relative where the path is in the folder or beside it; of what is farther away the absolute path says more.</summary>
    public static string From(string folder, string path)
    {
        var relative = Path.GetRelativePath(folder, path);
        return relative.StartsWith("../../../", StringComparison.Ordinal) ? path : relative;
    }
}
