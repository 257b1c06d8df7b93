using Manifold.Layers;

namespace Manifold.Fetching;

/// <summary>When a file that was fetched was made.</summary>
/// <remarks>Source: BuildKit, <c>dockerfile2llb/epoch.go</c>.</remarks>
internal static class FileTimes
{
    /// <summary>
    /// What the server says, else the newest file of an archive, in seconds since 1970;
    /// null where nobody knows, as of a damaged archive.
    /// </summary>
    /// <param name="name">What people call the file.</param>
    /// <remarks>Reads an archive once, without a time of the server's.</remarks>
    public static long? Of(FetchedFile file, string name, CancellationToken cancellation)
    {
        if (file.Modified is { } modified)
            return modified.Seconds;
        var tar = $"{file.Path}.{Guid.NewGuid():N}.tar";
        try
        {
            using var archive = Archive.TryOpen(new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read), name);
            return archive?.ReadThrough(tar, null, cancellation).Entries().Where(entry => entry.Kind == EntryKind.File)
                .Max(entry => (long?)entry.Modified.Seconds);
        }
        catch (LayerException)
        {
            return null; // it may be used as the one file that it is
        }
        finally
        {
            File.Delete(tar);
        }
    }
}
