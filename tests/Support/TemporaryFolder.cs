using Manifold.Linux;

namespace Manifold.Tests.Support;

/// <summary>A folder for one test, removed with it.</summary>
public sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    /// <summary>A folder in memory, where thousands of folders cost no disk; null if this machine has none.</summary>
    public static string? InMemory { get; } = Directory.Exists("/dev/shm") ? "/dev/shm" : null;

    public string Path { get; } = parent is null
        ? Directory.CreateTempSubdirectory("manifold-test-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"manifold-test-{Guid.NewGuid():N}")).FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public string Write(string relative, string content)
    {
        var path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => FileTree.Delete(Path);
}
