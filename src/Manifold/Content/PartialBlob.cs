using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>A blob that arrives in pieces, over several requests or processes: a file that stays until it is complete.</summary>
/// <remarks>
/// Bytes are hashed as they come, with SHA-256 unless <see cref="HashAs"/> says otherwise in time. A piece that was found on disk, or
/// content that claims another algorithm in the end, is hashed then, which costs one more pass. The caller keeps two writers apart.
/// Not thread-safe.
/// </remarks>
internal sealed class PartialBlob : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly Store store;
    private readonly string path;
    private readonly FileStream file;
    private Hasher hash = new(HashKind.Sha256);
    private long hashed;

    private PartialBlob(Store store, string path, FileStream file)
    {
        (this.store, this.path, this.file) = (store, path, file);
        file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Bytes that have arrived.</summary>
    public long Length => IsCompleted ? hashed : file.Position;

    /// <summary>It is in <c>blobs/</c>, or was thrown away.</summary>
    public bool IsCompleted { get; private set; }

    public static PartialBlob Create(Store store, string path)
    {
        PartialBlob? blob = null;
        store.Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            blob = new PartialBlob(store, path, OpenFile(path, FileMode.CreateNew));
        });
        return blob!;
    }

    /// <summary>Goes on with what an earlier request or process received. Null where there is nothing.</summary>
    public static PartialBlob? TryResume(Store store, string path) =>
        File.Exists(path) ? new PartialBlob(store, path, OpenFile(path, FileMode.Open)) : null;

    /// <summary>Sets the algorithm, <c>sha256</c> or <c>sha512</c>, of the expected digest. No effect once bytes have arrived.</summary>
    public void HashAs(string algorithm)
    {
        if (Length > 0 || hash.Kind == KindOf(algorithm))
            return;
        hash.Dispose();
        hash = new Hasher(KindOf(algorithm));
    }

    private static HashKind KindOf(string algorithm) => algorithm == "sha512" ? HashKind.Sha512 : HashKind.Sha256;

    /// <summary>Goes on with what is there, or begins; null where another, in this process or in one that lives, is writing it.</summary>
    public static PartialBlob? TryClaim(Store store, string path)
    {
        const int wouldBlock = 11; // EWOULDBLOCK: FileShare.None is an exclusive flock
        PartialBlob? blob = null;
        store.Guarded(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                FileStream file;
                while (!IsStillAt(file = OpenFile(path, FileMode.OpenOrCreate, FileShare.None), path))
                    file.Dispose(); // its last owner put it among the blobs between our opening and our locking
                blob = new PartialBlob(store, path, file);
            }
            catch (IOException e) when ((e.HResult & 0xFFFF) == wouldBlock)
            {
                // Its writer is told by the null.
            }
        });
        return blob;
    }

    /// <exception cref="HostNotReadyException">The disk is full; what had arrived before is still there.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var start = file.Position;
        try
        {
            file.Write(bytes);
        }
        catch (IOException e)
        {
            file.SetLength(start);
            throw store.Explained(e);
        }
        if (hashed != start)
            return;
        hash.Append(bytes);
        hashed += bytes.Length;
    }

    /// <summary>Syncs the bytes and renames them into <c>blobs/</c>. False, and nothing is left, if their digest is another.</summary>
    public bool TryComplete(Digest expected)
    {
        var found = hash.Kind == KindOf(expected.Algorithm) && hashed == Length ? Digest.FromHash(hash.Finish()) : HashFile(expected);
        if (found != expected)
        {
            Abandon();
            return false;
        }
        IsCompleted = true;
        store.Guarded(() =>
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            store.Place(path, expected);
        });
        return true;
    }

    /// <summary>Forgets what has arrived, and begins anew in the same file.</summary>
    public void Clear()
    {
        file.SetLength(0);
        file.Seek(0, SeekOrigin.Begin);
        _ = hash.Finish();
        hashed = 0;
    }

    /// <summary>Throws away what has arrived.</summary>
    public void Abandon()
    {
        IsCompleted = true;
        file.Dispose();
        File.Delete(path);
    }

    // Another client may have finished the blob, or thrown it away, before we had the lock.
    private static bool IsStillAt(FileStream file, string path) =>
        FileCalls.TryStatus(file.SafeFileHandle, "") is { } open && FileCalls.TryStatus(null, path) is { } now
        && (open.Device, open.Inode) == (now.Device, now.Inode);

    private Digest HashFile(Digest expected)
    {
        using var whole = expected.CreateHasher();
        var buffer = new byte[BufferBytes];
        long offset = 0;
        while (RandomAccess.Read(file.SafeFileHandle, buffer, offset) is var count and > 0)
        {
            whole.Append(buffer.AsSpan(0, count));
            offset += count;
        }
        return Digest.FromHash(whole.Finish());
    }

    private static FileStream OpenFile(string path, FileMode mode, FileShare share = FileShare.Read | FileShare.Delete) =>
        new(path, new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        });

    public void Dispose()
    {
        file.Dispose();
        hash.Dispose();
    }
}
