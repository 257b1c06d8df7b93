using System.Text;
using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Decides what a prune removes: steps 2 to 5 of <see cref="Prune"/>. Only <see cref="CarryOut"/> removes it.</summary>
/// <remarks>What each folder of the store loses is its own rule's business (<see cref="RemovalRule"/>).</remarks>
/// <param name="mayVanish">Whether others work on the store meanwhile, so that a file that vanishes is not a fault.</param>
internal sealed partial class PruneSurvey(Store store, TimeProvider time, bool mayVanish)
{
    private static readonly TimeSpan PushGrace = TimeSpan.FromHours(1);

    private readonly HashSet<Digest> marked = [];
    private readonly Dictionary<string, long> folderSizes = [];
    private readonly List<string> faults = [];
    private HashSet<Digest> named = [];

    public Store Store => store;
    public TimeProvider Time => time;

    /// <summary>What could not be read or removed, each once.</summary>
    public IEnumerable<string> Faults => faults.Distinct();

    /// <inheritdoc cref="Sweep.HasUnread"/>
    public bool HasUnread { get; private set; }

    private ILookup<Digest, Digest> Referrers => field ??= store.Repositories.ReferrersBySubject();

    /// <inheritdoc cref="Sweep.IsMarked"/>
    public bool IsMarked(Digest digest) => marked.Contains(digest);

    /// <inheritdoc cref="Sweep.IsNamed"/>
    public bool IsNamed(Digest digest) => named.Contains(digest);

    /// <summary>Steps 2 to 5.</summary>
    public PruneDecisions DecideAll(Prune.Options options, CancellationToken cancellation)
    {
        marked.Clear();
        HasUnread = false;
        var roots = store.Tags.Roots().Select(entry => entry.Digest);
        foreach (var root in roots.Concat(store.Repositories.RecordedSince(time.GetUtcNow() - PushGrace)))
            Mark(root, marked);
        var fitting = options.All ? [] : KeepUsed(options.KeepBytes ?? long.MaxValue);
        var sweep = new Sweep(this, options, fitting, cancellation);
        foreach (var folder in store.Layout.Folders)
            Tried(folder.Path, () => folder.Removal.Decide(folder, sweep));
        return sweep.Made;
    }

    /// <summary>Removes what was decided. What cannot be removed is taken out of the figures.</summary>
    /// <param name="cancellation">Read only before unpacked layers, which take time. Blobs and their records go together.</param>
    public void CarryOut(PruneDecisions made, CancellationToken cancellation)
    {
        foreach (var removal in made.Removals)
        {
            if (removal.IsOfLayer)
                cancellation.ThrowIfCancellationRequested();
            if (!Tried(removal.Path, removal.Delete))
                removal.OnFault?.Invoke();
        }
    }

    /// <summary>Step 4. Latest used first, each with all that it alone needs, until the next one would not fit.</summary>
    private HashSet<string> KeepUsed(long limit)
    {
        var kept = new HashSet<string>();
        var bytes = marked.Sum(SizeOf);
        var used = store.Layout.Folders.SelectMany(folder => folder.Removal.Used(folder));
        foreach (var (entry, _, namesContent) in used.OrderByDescending(entry => entry.LastUse))
        {
            var added = new HashSet<Digest>();
            var text = namesContent ? Tried(entry.FullName, () => File.ReadAllBytes(entry.FullName)) : [];
            if (text is null)
                continue;
            foreach (var digest in DigestsIn(text))
                Mark(digest, added);
            var size = 0L;
            Tried(entry.FullName, () => { size = SizeOfTree(entry); });
            bytes += size + added.Sum(SizeOf);
            if (bytes > limit)
                break;
            marked.UnionWith(added);
            kept.Add(entry.FullName);
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

    /// <summary>
    /// The bytes of a document, unverified, because a damaged document still names what it needs.
    /// Null if the blob is not a document.
    /// </summary>
    private byte[]? TryReadText(Digest digest)
    {
        if (store.SizeOf(digest) is not (> 0 and <= Limits.DocumentBytes))
            return null;
        var (path, known) = (store.BlobPath(digest), faults.Count);
        var read = Tried(path, () => DocumentAt(path));
        if (read is null && store.SizeOf(digest) is not null)
        {
            HasUnread = true;
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

    /// <summary>The bytes of a blob and of the layer with this DiffId, unpacked or as a tar.</summary>
    private long SizeOf(Digest digest) => (store.SizeOf(digest) ?? 0) + store.Layout.Folders
        .Where(folder => folder.Removal is LayerRemoval).Select(folder => Path.Combine(folder.Path, digest.Hex))
        .Sum(path => Directory.Exists(path) ? SizeOfTree(new DirectoryInfo(path)) : File.Exists(path) ? new FileInfo(path).Length : 0);

    /// <summary>The bytes of a file, or of all files below a folder. A folder is measured once.</summary>
    public long SizeOfTree(FileSystemInfo entry)
    {
        if (entry is FileInfo file)
            return file.Length;
        if (!folderSizes.TryGetValue(entry.FullName, out var size))
            folderSizes[entry.FullName] = size = FileTree.SizeOf(entry.FullName);
        return size;
    }

    /// <summary>Whether the work succeeded. A file that cannot be read or removed is noted, and ends nothing.</summary>
    public bool Tried(string path, Action work) => Tried(path, () =>
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

    [GeneratedRegex("sha256:[0-9a-f]{64}(?![0-9a-f])|sha512:[0-9a-f]{128}(?![0-9a-f])")]
    private static partial Regex DigestPattern();
}
