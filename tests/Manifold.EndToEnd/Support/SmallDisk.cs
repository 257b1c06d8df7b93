using Manifold.Linux;

namespace Manifold.EndToEnd.Support;

/// <summary>A disk in memory, to be filled or made read-only. Needs root; a test without it is skipped.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly string path;

    private SmallDisk(string path) => this.path = path;

    public static async Task<SmallDisk> MountAsync(string path, string options)
    {
        Directory.CreateDirectory(path);
        var mounted = await Tool.Try("mount", "-t", "tmpfs", "-o", options, "manifold-test", path);
        Assert.SkipWhen(mounted.ExitCode != 0, $"mounting a small disk needs root: {mounted.Error}");
        return new SmallDisk(path);
    }

    public Task MakeReadOnlyAsync() => Tool.Run("mount", "-o", "remount,ro", path);

    public void Dispose() => ChildProcess.RunAsync("umount", ["--lazy", path]).GetAwaiter().GetResult();
}
