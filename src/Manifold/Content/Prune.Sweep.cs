using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <content>Step 5. A file that cannot be read or removed is noted, and ends nothing.</content>
public sealed partial class Prune
{
    private Result Sweep(Options options, HashSet<string> keptRecords, CancellationToken cancellation)
    {
        var (blobs, snapshots, records) = (new Tally(), new Tally(), new Tally());
        var (folders, uploads, sources) = (new Tally(), new Tally(), new Tally());
        foreach (var record in CacheRecords())
            Decide(records, keptRecords.Contains(record.FullName), record, record.Delete);
        foreach (var folder in CacheFolders.In(store))
            Decide(folders, keptRecords.Contains(folder.FullName), folder, () => CacheFolders.Remove(folder, store.WorkFolder));
        foreach (var folder in SnapshotFolders.SelectMany(Entries).Where(entry => LeadingHex().IsMatch(entry.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            var keep = unread || (!options.All && marked.Contains(Digest.Parse("sha256:" + folder.Name[..64])));
            Decide(snapshots, keep, folder, () => Delete(folder));
        }
        if (options.All && !unread)
            SweepFixups();
        foreach (var (digest, file) in Blobs())
            Decide(blobs, unread || marked.Contains(digest), file, file.Delete);
        SweepPushes(uploads);
        // What was fetched can be fetched again: it goes before any cache record does.
        foreach (var source in Entries("sources").OfType<DirectoryInfo>().SelectMany(kind => kind.EnumerateFileSystemInfos()))
            Decide(sources, !options.All && options.KeepBytes is null, source, () => Delete(source));
        Tally[] all = [blobs, snapshots, records, folders, uploads, sources];
        var bound = Tried(Path.Combine(store.Root, "builds"), () => new Tally { Freed = store.Builds.Bound() })?.Freed ?? 0;
        return new Result(all.Sum(tally => tally.Freed) + bound, all.Sum(tally => tally.Kept),
            blobs.Removed, snapshots.Removed, records.Removed, folders.Removed) { Faults = [.. faults] };
    }

    // They put right what lies below them; without a snapshot there is nothing.
    private void SweepFixups()
    {
        foreach (var folder in SnapshotFolders.Select(folder => Path.Combine(store.Root, folder, "fixups")))
            Tried(folder, () => Delete(new DirectoryInfo(folder)));
    }

    /// <summary>Records of what is no longer here, and uploads and pulls that nobody went on with for a day.</summary>
    private void SweepPushes(Tally uploads)
    {
        foreach (var file in FilesBelow(Path.Combine(store.Root, "partial")))
            Decide(uploads, time.GetUtcNow() - file.LastWriteTimeUtc < UploadGrace, file, file.Delete);
        foreach (var file in FilesBelow(store.Repositories.Folder))
        {
            if (file.Directory!.Name == "_uploads")
                Decide(uploads, time.GetUtcNow() - file.LastWriteTimeUtc < UploadGrace, file, file.Delete);
            else if (!unread && (RecordedDigest(file) is not { } digest || !marked.Contains(digest)))
                Tried(file.FullName, file.Delete); // also a temporary file whose writer was killed: nobody writes now
        }
    }

    // A folder leaves its place whole, so that what is left of it after a fault or a kill is taken for nothing.
    private void Delete(FileSystemInfo entry)
    {
        if (entry is FileInfo)
            entry.Delete();
        else if (entry.Exists)
            FileTree.DeleteThrough(entry.FullName, store.WorkFolder);
    }

    private void Decide(Tally tally, bool keep, FileSystemInfo entry, Action delete) => Tried(entry.FullName, () =>
    {
        var size = SizeOfTree(entry);
        if (!keep)
            delete();
        tally.Add(keep, size);
    });

    private void Tried(string path, Action work) => Tried<object>(path, () =>
    {
        work();
        return null;
    });

    private T? Tried<T>(string path, Func<T?> work) where T : class
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"'{path}': {e.Message}");
            return null;
        }
    }

    private sealed class Tally
    {
        public long Freed { get; set; }
        public long Kept { get; private set; }
        public int Removed { get; private set; }

        public void Add(bool keep, long size)
        {
            if (keep)
            {
                Kept += size;
                return;
            }
            Freed += size;
            Removed++;
        }
    }
}
