using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <content>Step 5. A file that cannot be read or removed is noted, and ends nothing.</content>
public sealed partial class Prune
{
    private Decisions Sweep(Options options, HashSet<string> keptRecords, CancellationToken cancellation)
    {
        var made = new Decisions();
        foreach (var record in CacheRecords())
            Decide(made.Records, keptRecords.Contains(record.FullName), record, record.Delete);
        foreach (var folder in CacheFolders.In(store))
            Decide(made.Folders, keptRecords.Contains(folder.FullName), folder, () => CacheFolders.Remove(folder, store.WorkFolder));
        foreach (var folder in SnapshotFolders.SelectMany(Entries).Where(entry => LeadingHex().IsMatch(entry.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            var keep = unread || (!options.All && marked.Contains(Digest.Parse("sha256:" + folder.Name[..64])));
            Decide(made.Snapshots, keep, folder, () => Delete(folder));
        }
        if (options.All && !unread && !isPlan)
            SweepFixups();
        foreach (var (digest, file) in Blobs())
            Decide(named.Contains(digest) ? made.NamedBlobs : made.Blobs, unread || marked.Contains(digest), file, file.Delete);
        SweepPushes(made.Uploads);
        // What was fetched can be fetched again: it goes before any cache record does.
        foreach (var source in Entries("sources").OfType<DirectoryInfo>().SelectMany(kind => kind.EnumerateFileSystemInfos()))
            Decide(made.Sources, !options.All && options.KeepBytes is null, source, () => Delete(source));
        made.BuildsFreed = Tried(Path.Combine(store.Root, "builds"),
            () => new Tally { Freed = isPlan ? store.Builds.BytesBeyondBound() : store.Builds.Bound() })?.Freed ?? 0;
        return made;
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
            else if (!isPlan && !unread && (RecordedDigest(file) is not { } digest || !marked.Contains(digest)))
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
        if (!keep && !isPlan)
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
        catch (Exception e) when (isPlan && e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // a build that works at the same time removed it
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
        public int Count { get; private set; }

        public void Add(bool keep, long size)
        {
            Count++;
            if (keep)
            {
                Kept += size;
                return;
            }
            Freed += size;
            Removed++;
        }
    }

    /// <summary>The decisions about everything in the store, by kind.</summary>
    private sealed class Decisions
    {
        /// <summary>Blobs that images with a name need. Told apart only in a plan.</summary>
        public Tally NamedBlobs { get; } = new();
        public Tally Blobs { get; } = new();
        public Tally Snapshots { get; } = new();
        public Tally Records { get; } = new();
        public Tally Folders { get; } = new();
        public Tally Uploads { get; } = new();
        public Tally Sources { get; } = new();
        public long BuildsFreed { get; set; }

        public long Freed => All.Sum(tally => tally.Freed) + BuildsFreed;
        public long Kept => All.Sum(tally => tally.Kept);

        private Tally[] All => [NamedBlobs, Blobs, Snapshots, Records, Folders, Uploads, Sources];
    }
}
