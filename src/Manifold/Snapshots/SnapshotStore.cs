using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Snapshots;

/// <summary>Layers unpacked once, by DiffId, in the format that overlayfs stacks.</summary>
/// <remarks>
/// <code>
/// snapshots/DIFFID/fs/      1  the layer's files; whiteouts are 0:0 devices, opaque folders carry trusted.overlay.opaque
/// snapshots-rootless/…         the same of an ordinary user, whose kernel wants user.overlay.opaque: neither reads the other's
/// snapshots/DIFFID/implied  2  folders that the layer's tar has no entry for (<see cref="FolderSet"/>); its time is the last use
/// snapshots/fixups/CHAIN/   3  the right attributes of implied folders, one per chain that needs them (<see cref="ImpliedFolders"/>)
/// </code>
/// A snapshot is made in the process's work folder and renamed into place whole: it is there entirely or not at all.
/// Safe for several processes; when two make the same, the later deletes its own.
/// </remarks>
internal sealed class SnapshotStore(Store store, TimeProvider? time = null)
{
    private const UnixFileMode Readable = (UnixFileMode)0b111_101_101;

    private readonly SharedWork<Digest, bool> underway = new(remembers: false);
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>A snapshot, and when it was used last.</summary>
    public sealed record Entry(Digest DiffId, DateTimeOffset LastUse);

    internal Store Store => store;

    /// <summary>What this process can write and stack: another in a user namespace than outside of one, in a folder of its own.</summary>
    public static FolderFormat Format => UserNamespace.IsInitial ? FolderFormat.Overlay : FolderFormat.UserOverlay;

    internal string Root { get; } = Format == FolderFormat.Overlay ? store.Layout.Snapshots.Path : store.Layout.RootlessSnapshots.Path;

    /// <summary>Where the right attributes of implied folders are kept, by chain.</summary>
    internal string Fixups { get; } = Format == FolderFormat.Overlay ? store.Layout.Fixups.Path : store.Layout.RootlessFixups.Path;

    /// <summary>The folder of a layer's files, whether or not it is there.</summary>
    public string FolderOf(Digest diffId) => Path.Combine(Root, diffId.Hex, "fs");

    /// <summary>Never where we may not make one: what others unpacked here is not ours to read.</summary>
    public bool Contains(Digest diffId) => Environment.IsPrivilegedProcess && Directory.Exists(FolderOf(diffId));

    /// <summary>The folders that the layer's tar implied only, relative, without a leading slash; the root is the empty string.</summary>
    public FolderSet ImpliedBy(Digest diffId) => FolderSet.Load(ImpliedFile(Path.Combine(Root, diffId.Hex)));

    /// <summary>Makes the snapshot where it is not there. Calls for one layer share one making; each counts as a use.</summary>
    /// <param name="make">Fills the folder that it is given and returns the folders that the layer implied only.</param>
    public async Task GetOrAddAsync(
        Digest diffId, Func<string, CancellationToken, Task<FolderSet>> make, CancellationToken cancellation = default)
    {
        if (!Contains(diffId))
            await underway.GetAsync(diffId, stop => MakeAsync(diffId, make, stop), cancellation).ConfigureAwait(false);
        RecordUse(diffId);
    }

    /// <summary>Makes a folder of changes the snapshot of its layer by a rename: what a RUN left need not be unpacked again.</summary>
    /// <param name="implied">Folders that the layer has no entry for; overlayfs copied them up with what is below.</param>
    /// <remarks>Takes ownership: afterwards <paramref name="folder"/> is gone, also where the snapshot was there already.</remarks>
    public void Adopt(string folder, Digest diffId, FolderSet? implied = null)
    {
        var making = NewFolder();
        Directory.Move(folder, Path.Combine(making, "fs"));
        Place(making, implied ?? FolderSet.Empty, diffId);
    }

    /// <summary>Marks a snapshot as used now, so that prune takes others first.</summary>
    public void RecordUse(Digest diffId) =>
        File.SetLastWriteTimeUtc(ImpliedFile(Path.Combine(Root, diffId.Hex)), time.GetUtcNow().UtcDateTime);

    /// <summary>All snapshots, those first that were not used for longest.</summary>
    public ImmutableArray<Entry> List() =>
        !Directory.Exists(Root) ? [] :
        [
            .. Directory.EnumerateDirectories(Root)
                .Where(folder => Digest.TryParse("sha256:" + Path.GetFileName(folder), out _))
                .Select(
                    folder => new Entry(Digest.Parse("sha256:" + Path.GetFileName(folder)), File.GetLastWriteTimeUtc(ImpliedFile(folder))))
                .OrderBy(entry => entry.LastUse),
        ];

    /// <summary>Bytes on disk. Costs a walk over the snapshot's files.</summary>
    public long SizeOf(Digest diffId) => FileTree.SizeOf(FolderOf(diffId));

    /// <summary>
    /// Deletes a snapshot. The caller sees to it that no RUN stands on it: <see cref="Entry.LastUse"/> tells when one last began.
    /// </summary>
    public void Remove(Digest diffId)
    {
        var folder = Path.Combine(Root, diffId.Hex);
        if (Directory.Exists(folder))
            FileTree.DeleteThrough(folder, store.WorkFolder);
    }

    private async Task<bool> MakeAsync(Digest diffId, Func<string, CancellationToken, Task<FolderSet>> make, CancellationToken cancellation)
    {
        if (Contains(diffId))
            return false;
        var making = NewFolder();
        try
        {
            var files = Directory.CreateDirectory(Path.Combine(making, "fs")).FullName;
            File.SetUnixFileMode(files, Readable); // whatever our umask is
            var implied = await make(files, cancellation).ConfigureAwait(false);
            Place(making, implied, diffId);
            return true;
        }
        finally
        {
            FileTree.Delete(making);
        }
    }

    private void Place(string making, FolderSet implied, Digest diffId)
    {
        using (var file = new BufferedStream(File.Create(ImpliedFile(making))))
            implied.Save(file);
        PlaceWhole(making, Path.Combine(Root, diffId.Hex));
    }

    internal string NewFolder() => Directory.CreateDirectory(Path.Combine(store.WorkFolder, $"snapshot-{Guid.NewGuid():N}")).FullName;

    internal static void PlaceWhole(string making, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        try
        {
            Directory.Move(making, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            FileTree.Delete(making); // another process was faster; both are the same
        }
    }

    private static string ImpliedFile(string snapshot) => Path.Combine(snapshot, "implied");
}
