namespace Manifold.Content;

/// <summary>A process's own folder under <c>work/</c>. A lock held on <c>NAME.lock</c> says that its owner lives.</summary>
/// <remarks>
/// The kernel drops the lock with the process however it ends, so the next process to come sweeps what a killed one left:
/// no daemon, no time-outs, no process ids that may have been given to another.
/// </remarks>
internal sealed class WorkFolder : IDisposable
{
    private readonly FileStream claim;

    private WorkFolder(string path, FileStream claim) => (Path, this.claim) = (path, claim);

    public string Path { get; }

    /// <summary>Runs on each abandoned folder before it is deleted: the sandbox ends what may still run there.</summary>
    public static Action<string>? OnSweep { get; set; }

    public static WorkFolder Claim(string parent)
    {
        Directory.CreateDirectory(parent);
        SweepAbandoned(parent);
        while (true)
        {
            var path = System.IO.Path.Combine(parent, $"{Environment.ProcessId}-{Guid.NewGuid():N}"[..20]);
            if (TryLock(path + ".lock") is not { } claim)
                continue; // a sweeper looked at it between its making and its locking
            Directory.CreateDirectory(path);
            return new WorkFolder(path, claim);
        }
    }

    private static void SweepAbandoned(string parent)
    {
        foreach (var claimFile in Directory.GetFiles(parent, "*.lock"))
        {
            using var claim = TryLock(claimFile);
            if (claim is null)
                continue;
            var folder = claimFile[..^".lock".Length];
            if (Directory.Exists(folder))
            {
                OnSweep?.Invoke(folder);
                Linux.FileTree.Delete(folder);
            }
            File.Delete(claimFile);
        }
    }

    // FileShare.None is flock(LOCK_EX | LOCK_NB) on Linux.
    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Linux.FileTree.Delete(Path);
        File.Delete(Path + ".lock");
        claim.Dispose();
    }
}
