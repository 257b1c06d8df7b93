using System.Globalization;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Who may use a cache folder at the same time.</summary>
internal enum CacheUse
{
    /// <summary>Everybody.</summary>
    Shared,

    /// <summary>One; another gets a folder of its own.</summary>
    Private,

    /// <summary>One; another waits.</summary>
    Locked,
}

/// <summary>Folders that RUNs keep from build to build, outside of all layers: <c>--mount=type=cache</c>.</summary>
/// <remarks>
/// <code>
/// cache/mounts/KEY/0        the folder of an id
/// cache/mounts/KEY/0.lock   held shared or alone by who uses it; its time is the last use
/// cache/mounts/KEY/1 …      further ones for the same id, where it is private and several use it at once
/// </code>
/// The key is the id's digest. Safe for several processes; the kernel drops a killed one's locks. Users hold the store's shared lock.
/// </remarks>
internal sealed class CacheFolders(Store store, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Every folder that is there. For who holds the store alone, as the two below.</summary>
    internal static DirectoryInfo[] In(StoreFolder mounts) =>
        [.. mounts.Entries().OfType<DirectoryInfo>().SelectMany(id => id.GetDirectories())];

    internal static DateTime LastUse(FileSystemInfo folder) => File.GetLastWriteTimeUtc(folder.FullName + ".lock");

    /// <param name="through">As <see cref="FileTree.DeleteThrough"/> wants it.</param>
    internal static void Remove(DirectoryInfo folder, string through)
    {
        FileTree.DeleteThrough(folder.FullName, through);
        File.Delete(folder.FullName + ".lock");
        if (!folder.Parent!.EnumerateFileSystemInfos().Any())
            folder.Parent.Delete();
    }

    /// <summary>Gets the folder of an id. Dispose what is returned when the RUN is over; the folder stays.</summary>
    /// <param name="fill">Makes the folder that it is given what a new cache begins with. Others see it only when that is done.</param>
    /// <param name="onWait">Called once where another use has to end first.</param>
    public async Task<CacheFolder> TakeAsync(string id, CacheUse use, Action<string> fill, Action? onWait, CancellationToken cancellation)
    {
        var parent = Directory.CreateDirectory(Path.Combine(store.Layout.Mounts.Path, Digest.Of(id).Hex)).FullName;
        for (var slot = 0; ;)
        {
            var path = Path.Combine(parent, slot.ToString(CultureInfo.InvariantCulture));
            if ((use == CacheUse.Shared ? FileLock.TryShare(path + ".lock") : FileLock.TryTake(path + ".lock")) is { } held)
                return Open(path, held, fill);
            if (use == CacheUse.Private)
            {
                slot++;
                continue;
            }
            onWait?.Invoke();
            onWait = null;
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private CacheFolder Open(string path, FileLock held, Action<string> fill)
    {
        try
        {
            if (!Directory.Exists(path))
                MakeNew(path, fill);
            File.SetLastWriteTimeUtc(path + ".lock", time.GetUtcNow().UtcDateTime);
            return new CacheFolder(path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void MakeNew(string path, Action<string> fill)
    {
        var making = Directory.CreateDirectory(Path.Combine(store.WorkFolder, "cache-" + Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            fill(making);
            Directory.Move(making, path);
        }
        catch (IOException) when (Directory.Exists(path))
        {
            FileTree.Delete(making); // shared, and another was faster
        }
    }
}

/// <summary>A cache folder in use.</summary>
internal sealed class CacheFolder : IDisposable
{
    private readonly FileLock held;

    internal CacheFolder(string path, FileLock held) => (Path, this.held) = (path, held);

    public string Path { get; }

    public void Dispose() => held.Dispose();
}
