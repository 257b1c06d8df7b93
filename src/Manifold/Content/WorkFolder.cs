using Manifold.Linux;

namespace Manifold.Content;

/// <summary>A process's own folder under <c>work/</c>. A lock held on <c>NAME.lock</c> says that its owner lives.</summary>
/// <remarks>
/// The kernel drops the lock with the process however it ends, so the next process to come sweeps what a killed one left:
/// no daemon, no time-outs, no process ids that may have been given to another.
/// </remarks>
internal sealed class WorkFolder : IDisposable
{
    private readonly FileLock claim;
    private readonly Action<string> endAbandoned;

    private WorkFolder(string path, FileLock claim, Action<string> endAbandoned) =>
        (Path, this.claim, this.endAbandoned) = (path, claim, endAbandoned);

    public string Path { get; }

    /// <summary>The root of a store that only this process uses. What runs there is ended too before this folder is deleted.</summary>
    public string StoreInside(string name) => System.IO.Path.Combine(StoresOf(Path), name);

    /// <param name="endAbandoned">Called with each abandoned folder before it is deleted: ends what may still run there. Where it fails,
    /// the folder stays, with the notes of those who worked there, and the next process tries again.</param>
    public static WorkFolder Claim(string parent, Action<string> endAbandoned)
    {
        Directory.CreateDirectory(parent);
        SweepAbandoned(parent, endAbandoned);
        while (true)
        {
            var path = System.IO.Path.Combine(parent, $"{Environment.ProcessId}-{Guid.NewGuid():N}"[..20]);
            if (FileLock.TryTake(path + ".lock") is not { } claim)
                continue; // a sweeper looked at it between its making and its locking
            if (!File.Exists(path + ".lock"))
            {
                claim.Dispose(); // and removed it
                continue;
            }
            Directory.CreateDirectory(path);
            return new WorkFolder(path, claim, endAbandoned);
        }
    }

    // False if something stays.
    private static bool SweepAbandoned(string parent, Action<string> endAbandoned)
    {
        var isSwept = true;
        foreach (var claimFile in Directory.GetFiles(parent, "*.lock"))
        {
            using var claim = FileLock.TryTake(claimFile);
            var folder = claimFile[..^".lock".Length];
            if (claim is not null && (!Directory.Exists(folder) || TrySweep(folder, endAbandoned)))
                File.Delete(claimFile);
            else
                isSwept = false;
        }
        return isSwept;
    }

    // What a build made in its user namespace belongs to ids that only such a namespace can delete: the next build does. A file that
    // nobody can delete, as one below a mount, is not in the way of other work either: it is tried again by each process.
    private static bool TrySweep(string folder, Action<string> endAbandoned)
    {
        try
        {
            if (!SweepStoresIn(folder, endAbandoned))
                return false;
            endAbandoned(folder);
            FileTree.Delete(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // What a process ran in a store of its own bears the name of that store's work folder.
    private static bool SweepStoresIn(string folder, Action<string> endAbandoned)
    {
        var isSwept = true;
        foreach (var store in Directory.Exists(StoresOf(folder)) ? Directory.GetDirectories(StoresOf(folder)) : [])
        {
            var work = new StoreLayout(store).Work.Path;
            isSwept &= !Directory.Exists(work) || SweepAbandoned(work, endAbandoned);
        }
        return isSwept;
    }

    private static string StoresOf(string folder) => System.IO.Path.Combine(folder, "stores");

    public void Dispose()
    {
        // What stays keeps its claim file, by which the next process finds it.
        if (TrySweep(Path, _ => { }))
            File.Delete(Path + ".lock");
        claim.Dispose();
        try
        {
            // For a moment after a process was killed, a child that it had just begun may hold its lock or write into its folder.
            SweepAbandoned(System.IO.Path.GetDirectoryName(Path)!, endAbandoned);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next process tries again.
        }
    }
}
