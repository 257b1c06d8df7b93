using Manifold.Linux;

namespace Manifold.Fetching;

/// <summary>One source is fetched by one build at a time, of this process and of others; the next finds it there.</summary>
internal static class SourceLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task<FileLock> TakeAsync(string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            if (FileLock.TryTake(path) is { } taken)
                return taken;
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }
}
