using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Manifold.Linux;

/// <summary>The size of a disk, and the space left for this user. A disk that does not count files has 0 <see cref="Files"/>.</summary>
internal readonly partial record struct DiskSpace(long Size, long Free, long Files, long FreeFiles, bool IsReadOnly)
{
    internal const ulong ReadOnlyFlag = 1; // ST_RDONLY

    /// <summary>The disk that has a path, or would have it; null where the system does not tell.</summary>
    public static unsafe DiskSpace? Of(string path)
    {
        Buffer buffer;
        if (StatusOfDisk(Existing(path), &buffer) != 0)
            return null;
        var (size, free) = ((long)(buffer.Blocks * buffer.BlockSize), (long)(buffer.Available * buffer.BlockSize));
        return new DiskSpace(size, free, (long)buffer.Files, (long)buffer.AvailableFiles, (buffer.Flags & ReadOnlyFlag) != 0);
    }

    /// <summary>The mount point of the disk that a path is on, or would be on.</summary>
    public static string MountOf(string path)
    {
        var real = Existing(path);
        var found = "/";
        try
        {
            // "36 35 98:0 /root /mnt/point options …"; later ones lie over earlier ones. Source: proc_pid_mountinfo(5).
            foreach (var line in File.ReadLines("/proc/self/mountinfo"))
            {
                var point = Octal().Replace(line.Split(' ')[4], code => $"{(char)Convert.ToInt32(code.Value[1..], 8)}");
                if (point.Length >= found.Length && (real == point || real.StartsWith(point.TrimEnd('/') + "/", StringComparison.Ordinal)))
                    found = point;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A machine without /proc: the root is as good a name as any.
        }
        return found;
    }

    // The path, or the folder next above it that is there.
    private static string Existing(string path)
    {
        path = Path.GetFullPath(path);
        while (path != "/" && !Path.Exists(path))
            path = Path.GetDirectoryName(path)!;
        return path;
    }

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatusOfDisk(string path, Buffer* status);

    [GeneratedRegex(@"\\[0-7]{3}")]
    private static partial Regex Octal();

    /// <summary>glibc's <c>struct statvfs</c> where a long has 64 bits.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct Buffer
    {
        [FieldOffset(8)] internal ulong BlockSize;
        [FieldOffset(16)] internal ulong Blocks;
        [FieldOffset(32)] internal ulong Available;
        [FieldOffset(40)] internal ulong Files;
        [FieldOffset(56)] internal ulong AvailableFiles;
        [FieldOffset(72)] internal ulong Flags;
    }
}
