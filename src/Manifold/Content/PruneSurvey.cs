using System.Text;
using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Decides what a prune removes: steps 2 to 5 of <see cref="Prune"/>. Only <see cref="CarryOut"/> removes it.</summary>
/// <param name="mayVanish">Whether others work on the store meanwhile, so that a file that vanishes is not a fault.</param>
internal sealed partial class PruneSurvey(Store store, TimeProvider time, bool mayVanish)
{
    private static readonly TimeSpan PushGrace = TimeSpan.FromHours(1), UploadGrace = TimeSpan.FromDays(1);

    // Unpacked by root, unpacked by ordinary users, and the layers' tars.
    private static readonly string[] SnapshotFolders = ["snapshots", "snapshots-rootless", "tars"];

    private readonly HashSet<Digest> marked = [];
    private readonly Dictionary<string, long> snapshotSizes = [];
    private readonly List<string> faults = [];
    private HashSet<Digest> named = [];
    private bool unread;

    private ILookup<Digest, Digest> Referrers => field ??= ReferrersBySubject();

    /// <summary>What could not be read or removed, each once.</summary>
    public IEnumerable<string> Faults => faults.Distinct();

    /// <summary>Steps 2 to 5.</summary>
    public Decisions DecideAll(Prune.Options options, CancellationToken cancellation)
    {
        marked.Clear();
        unread = false;
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
            var size = 0L;
            Tried(record.FullName, () => { size = SizeOfTree(record); });
            bytes += size + added.Sum(SizeOf);
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
            foreach (var reached in Referrers[next].Concat(TryReadText(next) is { } text ? DigestsIn(text) : []))
                pending.Push(reached);
        }
    }

    /// <summary>The bytes of a document, unverified, because a damaged document still names what it needs. Null if the blob is not a
    /// document.</summary>
    private byte[]? TryReadText(Digest digest)
    {
        if (store.SizeOf(digest) is not (> 0 and <= Limits.DocumentBytes))
            return null;
        var (path, known) = (store.BlobPath(digest), faults.Count);
        var read = Tried(path, () => DocumentAt(path));
        if (read is null && store.SizeOf(digest) is not null)
        {
            unread = true;
            if (faults.Count == known) // no fault, as if it had vanished, but it is there
                faults.Add($"'{path}': it is a link to a file that does not exist.");
            faults[^1] += " The blobs that this document refers to are unknown, so all blobs and unpacked layers are kept. "
                + "Remove the image, or pull the image again.";
        }
        return read is { Length: > 0 } ? read : null;
    }

    // Empty if the blob is not a document.
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
        DigestPattern().Matches(Encoding.Latin1.GetString(text))
            .Select(match => Digest.TryParse(match.Value, out var digest) ? digest : default).Where(digest => digest != default);

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

    private FileInfo[] CacheRecords()
    {
        if (new DirectoryInfo(Path.Combine(store.Root, "cache")) is not { Exists: true } cache)
            return [];
        var folders = cache.GetDirectories().Where(folder => folder.FullName != CacheFolders.RootIn(store));
        return
        [
            .. folders.SelectMany(folder => FilesBelow(folder.FullName)).Concat(cache.GetFiles())
                .Where(file => file.Extension != ".lock"),
        ];
    }

    private IEnumerable<FileSystemInfo> Entries(string folder) =>
        new DirectoryInfo(Path.Combine(store.Root, folder)) is { Exists: true } found ? found.EnumerateFileSystemInfos() : [];

    private static List<FileInfo> FilesBelow(string folder) =>
        new DirectoryInfo(folder) is { Exists: true } found ? [.. found.EnumerateFiles("*", SearchOption.AllDirectories)] : [];

    private static DateTime LastUsed(FileSystemInfo entry) => entry switch
    {
        not FileInfo => CacheFolders.LastUse(entry),
        _ when entry.LastWriteTimeUtc > entry.LastAccessTimeUtc => entry.LastWriteTimeUtc,
        _ => entry.LastAccessTimeUtc,
    };

    /// <summary>The bytes of a blob and of the layer with this DiffId, unpacked or as a tar.</summary>
    private long SizeOf(Digest digest) => (store.SizeOf(digest) ?? 0) + SnapshotFolders
        .Select(folder => Path.Combine(store.Root, folder, digest.Hex))
        .Sum(path => Directory.Exists(path) ? SizeOfTree(new DirectoryInfo(path)) : File.Exists(path) ? new FileInfo(path).Length : 0);

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
