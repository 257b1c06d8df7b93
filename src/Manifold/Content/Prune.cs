using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Removes from the store what nothing needs any more. Tagged images stay, whatever is asked for.</summary>
/// <remarks>
/// <code>
/// 1  alone     waits until nobody adds to the store, and keeps them waiting
/// 2  roots     the entries of index.json, and what clients pushed within the last hour: its name may be on its way
/// 3  mark      from each root through every document (index, manifest, config) to all digests in its text, and to its referrers
/// 4  records   the cache's, and folders that RUNs keep, latest used first, as many as fit; what they name is marked too
/// 5  sweep     blobs, snapshots, records of pushes and uploads that no mark protects; fetched sources, where room is asked for
/// </code>
/// A digest that stands anywhere in a document's text is kept: too much is kept at times, never too little. Names both a blob and the
/// snapshot of a layer, whose folder is called after its DiffId. What cannot be read or removed is told in the result, and everything else
/// is done all the same; where it is a document, what it needs is unknown, and no blob and no snapshot goes.
/// </remarks>
public sealed partial class Prune(Store store, TimeProvider time)
{
    private static readonly TimeSpan PushGrace = TimeSpan.FromHours(1), UploadGrace = TimeSpan.FromDays(1);

    // Unpacked by root, unpacked by ordinary users, and the layers' tars.
    private static readonly string[] SnapshotFolders = ["snapshots", "snapshots-rootless", "tars"];

    private readonly HashSet<Digest> marked = [];
    private readonly Dictionary<string, long> snapshotSizes = [];
    private readonly List<string> faults = [];
    private HashSet<Digest> named = [];
    private bool unread, isPlan;
    private ILookup<Digest, Digest> referrers = Array.Empty<Digest>().ToLookup(digest => digest);

    /// <param name="All">Also every cache record and every snapshot.</param>
    /// <param name="KeepBytes">Cache records go, least recently used first, until the store has at most so many bytes.</param>
    public sealed record Options(bool All = false, long? KeepBytes = null);

    /// <summary>What went and what is left, in bytes and in pieces.</summary>
    public sealed record Result(long FreedBytes, long KeptBytes, int Blobs, int Snapshots, int CacheRecords, int CacheFolders)
    {
        /// <summary>What could not be read or removed, a sentence each.</summary>
        public ImmutableArray<string> Faults { get; init; } = [];
    }

    /// <param name="onWait">Called once where a build, a pull or a push must end first.</param>
    public async Task<Result> RunAsync(Options options, Action? onWait = null, CancellationToken cancellation = default)
    {
        using var alone = await store.LockExclusiveAsync(onWait, cancellation).ConfigureAwait(false);
        _ = store.WorkFolder; // sweeps what killed processes left
        referrers = ReferrersBySubject();
        var made = DecideAll(options, cancellation);
        return new Result(made.Freed, made.Kept, made.Blobs.Removed, made.Snapshots.Removed, made.Records.Removed, made.Folders.Removed)
        {
            Faults = [.. faults],
        };
    }

    /// <summary>Steps 2 to 5.</summary>
    private Decisions DecideAll(Options options, CancellationToken cancellation)
    {
        foreach (var root in store.Tags.Roots().Select(entry => entry.Digest).Concat(RecentlyPushed()))
            Mark(root, marked);
        var keptRecords = options.All ? [] : KeepRecords(options.KeepBytes ?? long.MaxValue);
        return Sweep(options, keptRecords, cancellation);
    }

    /// <summary>Step 4. Latest used first, each with all that it alone needs, until the next one would not fit.</summary>
    private HashSet<string> KeepRecords(long limit)
    {
        var kept = new HashSet<string>();
        var bytes = marked.Sum(SizeOf);
        foreach (var record in CacheRecords().Concat<FileSystemInfo>(CacheFolders.In(store)).OrderByDescending(LastUsed))
        {
            var added = new HashSet<Digest>();
            var named = record is FileInfo ? Tried(record.FullName, () => File.ReadAllBytes(record.FullName)) : [];
            if (named is null)
                continue;
            foreach (var digest in DigestsIn(named))
                Mark(digest, added);
            bytes += (Tried(record.FullName, () => new Tally { Freed = SizeOfTree(record) })?.Freed ?? 0) + added.Sum(SizeOf);
            if (bytes > limit)
                break;
            marked.UnionWith(added);
            kept.Add(record.FullName);
        }
        return kept;
    }

    /// <summary>Adds a digest and all that is reached from it to <paramref name="into"/>, unless it is marked already.</summary>
    private void Mark(Digest digest, HashSet<Digest> into)
    {
        var pending = new Stack<Digest>([digest]);
        while (pending.TryPop(out var next))
        {
            if (marked.Contains(next) || !into.Add(next))
                continue;
            foreach (var reached in referrers[next].Concat(TryReadText(next) is { } text ? DigestsIn(text) : []))
                pending.Push(reached);
        }
    }

    /// <summary>A document's bytes, as they are: a damaged one still tells what it needs. Null for what is no document.</summary>
    private byte[]? TryReadText(Digest digest)
    {
        if (store.SizeOf(digest) is not (> 0 and <= Limits.DocumentBytes))
            return null;
        var read = Tried(store.BlobPath(digest), () => DocumentAt(store.BlobPath(digest)));
        if (read is null && !unread && store.SizeOf(digest) is not null)
        {
            unread = true;
            faults[^1] += " The blobs that this document refers to are unknown, so all blobs and unpacked layers are kept. "
                + "Remove the image, or pull the image again.";
        }
        return read is { Length: > 0 } ? read : null;
    }

    // Empty for what is none.
    private static byte[] DocumentAt(string path)
    {
        using var file = File.OpenRead(path);
        if (file.ReadByte() != '{')
            return [];
        file.Position = 0;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static IEnumerable<Digest> DigestsIn(byte[] text) =>
        DigestPattern().Matches(Encoding.Latin1.GetString(text)).Select(match => Digest.TryParse(match.Value, out var digest) ? digest : default).Where(digest => digest != default);

    private IEnumerable<Digest> RecentlyPushed() =>
        from file in FilesBelow(store.Repositories.Folder)
        where time.GetUtcNow() - file.LastWriteTimeUtc < PushGrace
        let digest = RecordedDigest(file)
        where digest is not null
        select digest.Value;

    private ILookup<Digest, Digest> ReferrersBySubject() =>
        (from file in FilesBelow(store.Repositories.Folder)
         where file.Directory!.Parent?.Name == "_referrers"
         let subject = FromDashed(file.Directory!.Name)
         let referrer = FromDashed(file.Name)
         where subject is not null && referrer is not null
         select (subject, referrer)).ToLookup(pair => pair.subject!.Value, pair => pair.referrer!.Value);

    /// <summary>The digest that a record of a push is about: <c>_blobs/sha256/HEX</c>, <c>_referrers/…/sha256-HEX</c>.</summary>
    private static Digest? RecordedDigest(FileInfo file) =>
        FromDashed(file.Directory!.Parent?.Name is "_blobs" or "_manifests" ? $"{file.Directory.Name}-{file.Name}" : file.Name);

    private static Digest? FromDashed(string name) => Digest.TryParse(name.Replace('-', ':'), out var digest) ? digest : null;

    private IEnumerable<(Digest Digest, FileInfo File)> Blobs() =>
        from algorithm in Entries("blobs").OfType<DirectoryInfo>()
        from file in algorithm.EnumerateFiles()
        where Digest.TryParse($"{algorithm.Name}:{file.Name}", out _)
        select (Digest.Parse($"{algorithm.Name}:{file.Name}"), file);

    private FileInfo[] CacheRecords() =>
    [
        .. new DirectoryInfo(Path.Combine(store.Root, "cache")) is { Exists: true } cache
            ? cache.GetDirectories().Where(folder => folder.FullName != CacheFolders.RootIn(store)).SelectMany(folder => FilesBelow(folder.FullName)).Concat(cache.GetFiles()).Where(file => file.Extension != ".lock")
            : [],
    ];

    private IEnumerable<FileSystemInfo> Entries(string folder) =>
        new DirectoryInfo(Path.Combine(store.Root, folder)) is { Exists: true } found ? found.EnumerateFileSystemInfos() : [];

    private static List<FileInfo> FilesBelow(string folder) =>
        new DirectoryInfo(folder) is { Exists: true } found ? [.. found.EnumerateFiles("*", SearchOption.AllDirectories)] : [];

    private static DateTime LastUsed(FileSystemInfo entry) => entry is not FileInfo file ? CacheFolders.LastUse(entry) : file.LastWriteTimeUtc > file.LastAccessTimeUtc ? file.LastWriteTimeUtc : file.LastAccessTimeUtc;

    private long SizeOf(Digest digest) =>
        (store.SizeOf(digest) ?? 0) + SnapshotFolders.Select(folder => Path.Combine(store.Root, folder, digest.Hex)).Sum(path => Directory.Exists(path) ? SizeOfTree(new DirectoryInfo(path)) : File.Exists(path) ? new FileInfo(path).Length : 0);

    private long SizeOfTree(FileSystemInfo entry)
    {
        if (entry is FileInfo file)
            return file.Length;
        if (!snapshotSizes.TryGetValue(entry.FullName, out var size))
            snapshotSizes[entry.FullName] = size = FileTree.SizeOf(entry.FullName);
        return size;
    }

    [GeneratedRegex("sha256:[0-9a-f]{64}(?![0-9a-f])|sha512:[0-9a-f]{128}(?![0-9a-f])")]
    private static partial Regex DigestPattern();

    [GeneratedRegex("^[0-9a-f]{64}")]
    private static partial Regex LeadingHex();
}
