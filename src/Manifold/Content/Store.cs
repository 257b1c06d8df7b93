using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>Everything that Manifold keeps, under one folder that is an OCI image layout.</summary>
/// <remarks>
/// <code>
/// oci-layout, index.json      1  what is here by name; any OCI tool reads it
/// blobs/sha256/…              2  written beside, hashed, synced, renamed: a reader never sees half a blob
/// snapshots/  tars/           3  layers unpacked, layers uncompressed; snapshots-rootless/ are those of an ordinary user
/// cache/  builds/                results of steps, records: their own stages keep them
/// partial/                    4  pulls that were cut, until the next one goes on with them
/// work/PROCESS/               5  what is in the making; its lock tells whether PROCESS lives, else anyone may sweep it
/// </code>
/// These and all others are named in <see cref="StoreLayout"/>, each with the rule by which it is pruned.
/// Safe for several processes. Source: OCI image specification, "OCI Image Layout Specification".
/// </remarks>
public sealed partial class Store : IDisposable
{
    private readonly Lazy<WorkFolder> work;
    private int numbers;

    private Store(string root, StoreLayout layout, Action<string> endAbandoned)
    {
        (Root, Layout) = (root, layout);
        work = new Lazy<WorkFolder>(() => Content.WorkFolder.Claim(layout.Work.Path, endAbandoned));
        Repositories = new Repositories(this);
        Tags = new Tags(this);
        Builds = new BuildRecords(this);
    }

    public string Root { get; }

    internal StoreLayout Layout { get; }

    /// <summary>The names of the images.</summary>
    public Tags Tags { get; }

    /// <summary>What was built, and how that went.</summary>
    internal BuildRecords Builds { get; }

    /// <summary>What the embedded registry's clients pushed.</summary>
    internal Repositories Repositories { get; }

    /// <summary>A folder of this process's own, on the store's disk, removed at the end. The next process sweeps a killed one's.</summary>
    internal string WorkFolder => work.Value.Path;

    /// <summary>The root of a store for this process alone, in the work folder. Its opener deletes it, or who sweeps the folder.</summary>
    internal string StoreInside(string name) => work.Value.StoreInside(name);

    /// <summary>A different number for each call. Builds of one process share the work folder, where each RUN has its own.</summary>
    internal int NextNumber() => Interlocked.Increment(ref numbers);

    /// <summary>Opens the store, and makes it where it is not there.</summary>
    /// <param name="endAbandoned">Ends what a killed process left running, by its work folder, which is deleted next. Builds leave RUNs:
    /// pass <c>AbandonedRuns.End</c>.</param>
    /// <exception cref="HostNotReadyException">The folder cannot be made or written.</exception>
    internal static Store Open(string root, Action<string> endAbandoned)
    {
        root = Path.GetFullPath(root);
        var layout = new StoreLayout(root);
        try
        {
            Directory.CreateDirectory(Path.Combine(layout.Blobs.Path, "sha256"));
            if (!File.Exists(layout.Marker))
                ReplaceFile(layout.Marker, """{"imageLayoutVersion":"1.0.0"}"""u8);
            return new Store(root, layout, endAbandoned);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw (DiskTrouble.IsFull(root) ? DiskTrouble.ExplainAt(root, e, root) : null) ?? new HostNotReadyException(
                $"Opening the store '{root}': {e.Message} Choose another folder with MANIFOLD_ROOT, or make this one writable.", e);
        }
    }

    /// <summary>The path of a blob, whether or not it is there.</summary>
    public string BlobPath(Digest digest) => Path.Combine(Layout.Blobs.Path, digest.Algorithm, digest.Hex);

    public bool Contains(Digest digest) => File.Exists(BlobPath(digest));

    /// <summary>The size of a blob in bytes, or null where it is not in the store.</summary>
    public long? SizeOf(Digest digest) => new FileInfo(BlobPath(digest)) is { Exists: true } file ? file.Length : null;

    /// <summary>Opens a blob for reading from start to end; the end proves the content. Null where it is not in the store.</summary>
    public Stream? TryOpen(Digest digest)
    {
        try
        {
            var file = new FileStream(BlobPath(digest), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
            });
            return new VerifiedStream(file, digest, file.Length, "the store");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="TryOpen"/>
    /// <exception cref="ContentMismatchException">The blob is not there.</exception>
    public Stream Open(Digest digest) => TryOpen(digest)
        ?? throw new ContentMismatchException($"Reading '{digest}': the store '{Root}' does not have it. Build or pull the image again.");

    /// <summary>Reads a small document (manifest, index, config) whole, verified. Null where it is not in the store.</summary>
    /// <exception cref="ContentMismatchException">It is larger than <see cref="Limits.DocumentBytes"/> or damaged.</exception>
    public byte[]? TryReadDocument(Digest digest)
    {
        using var stream = TryOpen(digest);
        if (stream is null)
            return null;
        if (stream.Length > Limits.DocumentBytes)
            throw new ContentMismatchException($"Reading '{digest}': the document has {stream.Length} bytes. "
                + $"The limit is {Limits.DocumentBytes}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        if (bytes.Length == 0)
            _ = stream.Read(new byte[1]);
        return bytes;
    }

    /// <inheritdoc cref="TryReadDocument"/>
    public byte[] ReadDocument(Digest digest) => TryReadDocument(digest)
        ?? throw new ContentMismatchException($"Reading '{digest}': the store '{Root}' does not have it. Build or pull the image again.");

    /// <summary>Begins a blob. Its bytes are hashed with SHA-256, or with <paramref name="expected"/>'s algorithm.</summary>
    internal BlobWriter CreateBlob(Digest? expected = null)
    {
        BlobWriter? writer = null;
        Guarded(() => writer = new BlobWriter(this, Path.Combine(WorkFolder, "blob-" + Guid.NewGuid().ToString("N")), expected));
        return writer!;
    }

    /// <summary>Stores a small document. Idempotent.</summary>
    public async Task<Descriptor> WriteAsync(ReadOnlyMemory<byte> content, string mediaType, CancellationToken cancellation = default)
    {
        var digest = Digest.Of(content.Span);
        if (SizeOf(digest) == content.Length)
            return new Descriptor { MediaType = mediaType, Digest = digest, Size = content.Length };
        await using var writer = CreateBlob();
        writer.Write(content.Span);
        return await writer.CommitAsync(mediaType, cancellation: cancellation).ConfigureAwait(false);
    }

    /// <summary>Replaces a small file in one step: readers see the old one or the new one.</summary>
    internal static void ReplaceFile(string path, ReadOnlySpan<byte> content) => WriteFile(path, content, overwrite: true);

    /// <summary>Creates a small file in one step: readers see the whole file or none.</summary>
    /// <exception cref="IOException">The file exists.</exception>
    internal static void CreateFile(string path, ReadOnlySpan<byte> content) => WriteFile(path, content, overwrite: false);

    private static void WriteFile(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    internal void Place(string temporary, Digest digest)
    {
        var target = BlobPath(digest);
        if (digest.Algorithm != "sha256")
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(temporary, target, overwrite: true);
    }

    internal void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explained(e);
        }
    }

    /// <summary>The exception for people: a full or forbidden disk is named with what mends it.</summary>
    internal Exception Explained(Exception e)
    {
        const int noPermission = 13, readOnly = 30; // EACCES, EROFS
        if (e is UnauthorizedAccessException || (e.HResult & 0xFFFF) is noPermission or readOnly)
            return new HostNotReadyException(
                $"Writing to the store '{Root}': {e.Message} Choose another folder with MANIFOLD_ROOT, or make this one writable.", e);
        return DiskTrouble.ExplainAt(Root, e, Root) ?? e;
    }

    public void Dispose()
    {
        Tags.Dispose();
        if (work.IsValueCreated)
            work.Value.Dispose();
    }
}
