using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <content>Step 5. A file that cannot be read or removed is noted, and ends nothing.</content>
internal sealed partial class PruneSurvey
{
    /// <summary>Removes what was decided. What cannot be removed is taken out of the figures.</summary>
    /// <param name="cancellation">Read only before unpacked layers, which take time. Blobs and their records go together.</param>
    public void CarryOut(Decisions made, CancellationToken cancellation)
    {
        foreach (var removal in made.Removals)
        {
            if (removal.IsOfSnapshot)
                cancellation.ThrowIfCancellationRequested();
            if (!Tried(removal.Path, removal.Delete))
                removal.OnFault?.Invoke();
        }
    }

    private Decisions Sweep(Prune.Options options, HashSet<string> keptRecords, CancellationToken cancellation)
    {
        var made = new Decisions();
        foreach (var record in CacheRecords())
            Decide(made, made.Records, keptRecords.Contains(record.FullName), record, record.Delete);
        foreach (var folder in CacheFolders.In(store))
            Decide(made, made.Folders, keptRecords.Contains(folder.FullName), folder, () => CacheFolders.Remove(folder, store.WorkFolder));
        foreach (var folder in SnapshotFolders.SelectMany(Entries).Where(entry => LeadingHex().IsMatch(entry.Name)))
        {
            cancellation.ThrowIfCancellationRequested();
            var keep = unread || (!options.All && marked.Contains(Digest.Parse("sha256:" + folder.Name[..64])));
            Decide(made, made.Snapshots, keep, folder, () => Delete(folder));
        }
        if (options.All && !unread)
            made.Removals.AddRange(Fixups());
        foreach (var (digest, file) in Blobs())
            Decide(made, named.Contains(digest) ? made.NamedBlobs : made.Blobs, unread || marked.Contains(digest), file, file.Delete);
        SweepPushes(made);
        // What was fetched can be fetched again: it goes before any cache record does.
        foreach (var source in Entries("sources").OfType<DirectoryInfo>().SelectMany(kind => kind.EnumerateFileSystemInfos()))
            Decide(made, made.Sources, !options.All && options.KeepBytes is null, source, () => Delete(source));
        var builds = Path.Combine(store.Root, "builds");
        Tried(builds, () =>
        {
            made.BuildsFreed = store.Builds.BytesBeyondBound();
            made.Removals.Add(new Removal(builds, () => made.BuildsFreed = store.Builds.Bound(), () => made.BuildsFreed = 0));
        });
        return made;
    }

    // Fixups correct the snapshots below them, and are useless without any.
    private IEnumerable<Removal> Fixups() =>
        from folder in SnapshotFolders
        let path = Path.Combine(store.Root, folder, "fixups")
        select new Removal(path, () => Delete(new DirectoryInfo(path)));

    /// <summary>Records of blobs that are gone, and uploads and pulls that were not continued for a day.</summary>
    private void SweepPushes(Decisions made)
    {
        foreach (var file in FilesBelow(Path.Combine(store.Root, "partial")))
            DecideTransfer(made, file);
        foreach (var file in FilesBelow(store.Repositories.Folder))
        {
            if (file.Directory!.Name == "_uploads")
                DecideTransfer(made, file);
            else if (!unread && (RecordedDigest(file) is not { } digest || !marked.Contains(digest)))
                made.Removals.Add(new Removal(file.FullName, file.Delete)); // also a killed writer's temporary file: nobody writes now
        }
    }

    /// <summary>An upload or a pull that nobody finished.</summary>
    private void DecideTransfer(Decisions made, FileInfo file)
    {
        Decide(made, made.Uploads, IsRecent(), file, () =>
        {
            var size = file.Length;
            file.Refresh(); // a client may have continued it since: uploads do not wait for a prune
            if (IsRecent())
                made.Uploads.Keep(size);
            else
                file.Delete();
        });

        bool IsRecent() => time.GetUtcNow() - file.LastWriteTimeUtc < UploadGrace;
    }

    // Moves a folder away before it is deleted, so that a half-deleted folder is never used.
    private void Delete(FileSystemInfo entry)
    {
        if (entry is FileInfo)
            entry.Delete();
        else if (entry.Exists)
            FileTree.DeleteThrough(entry.FullName, store.WorkFolder);
    }

    private void Decide(Decisions made, Tally tally, bool keep, FileSystemInfo entry, Action delete) =>
        Tried(entry.FullName, () =>
        {
            var size = SizeOfTree(entry);
            tally.Add(keep, size);
            if (!keep)
            {
                made.Removals.Add(new Removal(entry.FullName, delete, () => tally.TakeBack(size))
                {
                    IsOfSnapshot = tally == made.Snapshots,
                });
            }
        });

    private bool Tried(string path, Action work) => Tried(path, () =>
    {
        work();
        return path;
    }) is not null;

    private T? Tried<T>(string path, Func<T?> work) where T : class
    {
        try
        {
            return work();
        }
        catch (Exception e) when (mayVanish && e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // a build that works at the same time removed it
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"'{path}': {e.Message}");
            return null;
        }
    }

    internal sealed class Tally
    {
        public long Freed { get; private set; }
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

        /// <summary>What was to be removed stays.</summary>
        public void Keep(long size)
        {
            Freed -= size;
            Removed--;
            Kept += size;
        }

        /// <summary>Undoes <see cref="Add"/> for what could not be removed.</summary>
        public void TakeBack(long size)
        {
            Count--;
            Freed -= size;
            Removed--;
        }
    }

    /// <summary>Something to remove.</summary>
    /// <param name="OnFault">Corrects the figures if it cannot be removed.</param>
    internal sealed record Removal(string Path, Action Delete, Action? OnFault = null)
    {
        public bool IsOfSnapshot { get; init; }
    }

    /// <summary>The decisions about everything in the store, by kind.</summary>
    internal sealed class Decisions
    {
        /// <summary>In the order in which they are carried out.</summary>
        public List<Removal> Removals { get; } = [];

        /// <summary>Blobs that images with a name need. Told apart only when the store is measured.</summary>
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
