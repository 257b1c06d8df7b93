using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>The places that mounts need and the image does not have.</summary>
/// <remarks>
/// They are made in a folder of their own that is stacked between the image and the changes. So the runtime finds them, nothing is copied
/// up for them, no parent's time changes, and when the run is over they are not in the changes: there is nothing to undo.
/// </remarks>
internal static class MountPoints
{
    /// <summary>Fills <paramref name="folder"/> with the mount points that <paramref name="view"/> lacks.</summary>
    /// <param name="view">The image's files as a RUN sees them.</param>
    /// <param name="targets">Absolute paths, and whether a file or a folder is to be mounted there.</param>
    public static void Make(string view, string folder, IEnumerable<(string Path, bool IsFile)> targets)
    {
        var made = new SortedSet<string>(StringComparer.Ordinal) { "" };
        foreach (var (path, isFile) in targets)
        {
            var relative = Path.GetRelativePath(view, ScopedPath.Resolve(view, path));
            if (relative == "." || DirectoryHandle.StatusOf(Path.Combine(view, relative)) is not null)
                continue;
            var parent = Path.GetDirectoryName(relative)!;
            Directory.CreateDirectory(Path.Combine(folder, parent));
            for (var step = parent; made.Add(step); step = Path.GetDirectoryName(step)!) { }
            if (isFile)
                File.WriteAllBytes(Path.Combine(folder, relative), []);
            else
                Directory.CreateDirectory(Path.Combine(folder, relative));
        }
        foreach (var step in made.Reverse()) // children first: making them changed their parents' times
        {
            if (Directory.Exists(Path.Combine(view, step)))
                FolderAttributes.Copy(Path.Combine(view, step), Path.Combine(folder, step));
        }
    }
}
