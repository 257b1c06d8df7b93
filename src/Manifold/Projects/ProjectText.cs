using Manifold.Dockerfile;
using Manifold.Linux;

namespace Manifold.Projects;

/// <summary>Reads the text of a project file.</summary>
internal static class ProjectText
{
    /// <exception cref="UsageException">It is not there, cannot be read or is too large.</exception>
    public static SourceText Read(string file, ProjectPaths paths)
    {
        var path = Path.GetFullPath(file, paths.WorkingFolder);
        try
        {
            using var content = PlainFile.Open(path);
            var bytes = PlainFile.ReadToEnd(content, Limits.ProjectFileBytes)
                ?? throw new UsageException($"Cannot read '{file}': it is larger than {Limits.ProjectFileBytes} bytes.");
            return SourceText.Decode(paths.Shown(file), bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Cannot read '{file}': {e.Message}");
        }
    }
}
