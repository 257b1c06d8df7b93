using Manifold.Linux;

namespace Manifold.Tests.Support;

/// <summary>A folder for one test, removed with it.</summary>
public sealed partial class TemporaryFolder(string? parent = null) : IDisposable
{
    /// <summary>A folder in memory, where thousands of folders cost no disk; null if this machine has none that is large enough.</summary>
    public static string? InMemory { get; } = IsUsable("/dev/shm") ? "/dev/shm" : null;

    // Paths of sockets have at most 108 bytes, so the name is short.
    public string Path { get; } = Directory.CreateDirectory(
        System.IO.Path.Combine(parent ?? Usual, $"manifold-test-{Guid.NewGuid():N}"[..26]), UserOnly).FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, string content)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => FileTree.Delete(Path);

    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Containers often have 64 MB of such memory, in which no program may be started.</summary>
    private static bool IsUsable(string folder) => File.ReadLines("/proc/self/mounts").Select(line => line.Split(' '))
        .Any(mount => mount[1] == folder && mount[2] == "tmpfs" && !mount[3].Split(',').Contains("noexec"))
        && new DriveInfo(folder).AvailableFreeSpace > 2_000_000_000 && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > 6_000_000_000;
}
